"""Rows of another layout than their file's."""

from collections.abc import Mapping
from typing import Any

from luthier.data.formats.layout import Layout
from luthier.data.formats.table import FORMATS
from luthier.data.record import Fault

KNOWN = (
    "messages", "sharegpt", "alpaca", "prompt_completion", "question_answer", "preference", "conversation_factory"
)  # fmt: skip


def with_hint(fault: Fault, row: Mapping[str, Any], layout: Layout) -> Fault:
    """The fault of a row, whose fix names the layout that the row has instead."""
    other = other_layout(row, layout) if fault.code == "missing_field" else ""
    return fault._replace(fix=other) if other else fault


def other_layout(row: Mapping[str, Any], layout: Layout) -> str:
    """What to do with a row that has the fields of another layout; "" when it has not."""
    for name in KNOWN:
        if name != layout.format.name and all(field in row for field in FORMATS[name].required):
            return f"This row is in the layout {name}; give such rows a file of their own (data.more)"
    return ""
