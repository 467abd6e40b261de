"""Rows by the values of a field: for strata, for balance, for the page."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from luthier.data.personal.protect import hidden_field
from luthier.data.standing import Standing
from luthier.data.store import RowStore
from luthier.errors import DataError, SpecError

SHOWN_FIELDS, SHOWN_VALUES, MOST_VALUES = 12, 8, 50
LONGEST_VALUE = 40
LONG = ("rejected", "rejected_turns", "opening", "unanswered")
"""Fields that hold whole texts."""


def values_of(store: RowStore, standing: Standing, field: str) -> list[str]:
    """The field's value of each accepted row as text; `label` is the answer where the answers are labels.

    Raises SpecError when no row has the field, or when the answers are no labels.
    """
    assert standing.found is not None
    if field == "label" and standing.found.answers_are_labels:
        return labels(store, standing)
    found: list[str] = []
    known: set[str] = set()
    for meta in metas(store, standing):
        known |= meta.keys()
        found.append(str(meta.get(field, "")))
    if field not in known:
        why = "The answers are no labels" if field == "label" else ""
        names = ", ".join(sorted(known)[:20]) or "none"
        raise SpecError(f'no row has a field "{field}"', why, f"Fields: {names}.", "data.split.stratify")
    return found


def times_of(store: RowStore, standing: Standing) -> list[float]:
    """Seconds since 1970 of each accepted row. Raises DataError when any has none."""
    times = list(accepted(store, standing, "time"))
    if without := sum(time is None for time in times):
        what = f"{without:,} of {len(times):,} rows have no time"
        fix = "Name the column in data.columns.time, or set data.split.by: group."
        raise DataError(what, "data.split.by: time makes the newest rows the test", fix, "data.split.by")
    return times


def labels(store: RowStore, standing: Standing) -> list[str]:
    """The last answer of each accepted row."""
    return [messages[-1]["content"] for messages in accepted(store, standing, "messages")]


def metas(store: RowStore, standing: Standing) -> Iterator[dict[str, Any]]:
    """The further fields of each accepted row."""
    for meta in accepted(store, standing, "meta"):
        yield orjson.loads(meta) if meta else {}


def accepted(store: RowStore, standing: Standing, name: str) -> Iterator[Any]:
    """One column of the accepted rows."""
    for first, batch in store.batches(name):
        chosen = standing.accepted[first : first + batch.num_rows].nonzero()[0]
        yield from batch.column(0).take(chosen).to_pylist()


def slices(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Fields with few values, and how many rows each value has; personal data is hidden."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for meta in rows:
        for name, value in meta.items():
            if len(counts[name]) <= MOST_VALUES and name not in LONG:
                counts[name][str(value)] += 1
    few = [(name, found) for name, found in counts.items() if 1 < len(found) <= MOST_VALUES]
    return [
        {"name": name, "values": [_value(name, *each) for each in found.most_common(SHOWN_VALUES)]}
        for name, found in sorted(few)[:SHOWN_FIELDS]
    ]


def _value(name: str, value: str, rows: int) -> dict[str, Any]:
    return {"value": hidden_field(name, value)[:LONGEST_VALUE], "rows": rows}
