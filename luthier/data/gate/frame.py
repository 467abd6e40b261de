"""The rows as the gate sees them: one line of numbers and codes a row, no text of anybody's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from luthier.data.inspection.duplicates import Duplicates
from luthier.data.record import Record

if TYPE_CHECKING:
    from pandas import DataFrame


COLUMNS = {
    "source_line": "int64",
    "structure_error": "str",
    "accepted": "int64",
    "last_role": "str",
    "tokens": "Int64",
    "trained_tokens": "Int64",
    "duplicate": "str",
    "conflicting": "boolean",
}


def frame(records: Sequence[Record], found: Duplicates) -> "DataFrame":
    """Of a row that is set aside only the line is told, and the code of its fault. `found`: the rows without fault."""
    import pandas as pd

    position = {record.number: index for index, record in enumerate(r for r in records if not r.fault)}
    lines = [
        _sound(record, found, position[record.number]) if record.accepted else _set_aside(record) for record in records
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(COLUMNS)


def _set_aside(record: Record) -> dict[str, Any]:
    return {"source_line": record.number, "structure_error": record.fault.code if record.fault else None, "accepted": 0}


def _sound(record: Record, found: Duplicates, index: int) -> dict[str, Any]:
    repeats = "exact" if found.exact[index] is not None else "near" if found.near[index] is not None else None
    return {
        "source_line": record.number,
        "accepted": 1,
        "last_role": record.messages[-1]["role"],
        "tokens": record.tokens,
        "trained_tokens": record.trained,
        "duplicate": repeats,
        "conflicting": found.conflicting[index],
    }
