"""The rows as the gate sees them: one line of numbers and codes a row; texts only where a team's own rules ask."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from luthier.data.fields import metas
from luthier.data.gate.rules import RuleRow, Rules
from luthier.data.standing import Standing
from luthier.data.store import RowStore

if TYPE_CHECKING:
    from pandas import DataFrame

CHUNK = 20_000
"""Rows that are standing at once: a run of a checkpoint takes some 0.3 s however few they are."""

COLUMNS = {
    "source_line": "str",
    "structure_error": "str",
    "accepted": "int64",
    "last_role": "str",
    "tokens": "Int64",
    "trained_tokens": "Int64",
    "duplicate": "str",
    "conflicting": "boolean",
    "personal": "Int64",
}


def frames(store: RowStore, standing: Standing, rules: Rules | None = None) -> Iterator["DataFrame"]:
    """All rows in chunks. Of a row that is set aside only its place is told, and the code of its fault."""
    lines: list[dict[str, Any]] = []
    further = _further(store, standing, rules) if rules else []
    own = ("meta", "messages") if rules else ()
    for first, batch in store.batches("fault", "tokens", "trained", "personal", "last_role", *own):
        for row, entry in enumerate(batch.to_pylist(), start=first):
            lines.append(_line(row, entry, standing, rules))
        if len(lines) >= CHUNK:
            yield _frame(lines, further)
            lines = []
    if lines:
        yield _frame(lines, further)


def _frame(lines: Sequence[dict[str, Any]], further: Sequence[str]) -> "DataFrame":
    import pandas as pd

    frame = pd.DataFrame(list(lines), columns=[*COLUMNS, *further]).astype(COLUMNS)
    for name in further:
        if len({isinstance(value, str) for value in frame[name].dropna()}) > 1:  # a check compares one kind only
            frame[name] = frame[name].map(str, na_action="ignore")
    return frame


def _further(store: RowStore, standing: Standing, rules: Rules) -> list[str]:
    """Columns that the rules look at and that any row has: a chunk of rows without a field has it as nothing."""
    there = {"prompt", "answer", *rules.columns}
    for meta in metas(store, standing):
        there |= meta.keys()
    return sorted((rules.wanted & there) - COLUMNS.keys())


def _line(row: int, entry: dict[str, Any], standing: Standing, rules: Rules | None) -> dict[str, Any]:
    place = standing.place(row)
    if not standing.accepted[row]:
        return {"source_line": place, "structure_error": entry["fault"], "accepted": 0}
    line = {
        "source_line": place,
        "structure_error": None,
        "accepted": 1,
        "last_role": entry["last_role"],
        "tokens": entry["tokens"],
        "trained_tokens": entry["trained"],
        "duplicate": standing.repeats(row),
        "conflicting": standing.conflicting(row),
        "personal": entry["personal"],
    }
    if not rules:
        return line
    messages = entry["messages"]
    meta = orjson.loads(entry["meta"]) if entry["meta"] else {}
    seen = RuleRow(messages, messages[-2]["content"] if len(messages) > 1 else "", messages[-1]["content"], meta)
    return {**rules.values(seen, place), **line}
