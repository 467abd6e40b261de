"""Rows by the values of a field: for strata, for balance, for the page."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import orjson

from luthier.data.personal.protect import hidden
from luthier.data.standing import Standing
from luthier.data.store import RowStore
from luthier.errors import DataError, SpecError

SHOWN_FIELDS, SHOWN_VALUES = 12, 8
LABEL_LENGTH = 40


def values_of(store: RowStore, standing: Standing, field: str) -> list[str]:
    """The field's value of each accepted row as text; `label` is the answer where the answers are labels.

    Raises SpecError when no row has the field, or when the answers are no labels.
    """
    assert standing.found is not None
    if field == "label" and standing.found.answers_are_labels:
        return labels(store, standing)
    metas = [orjson.loads(meta) if meta else {} for meta in accepted(store, standing, "meta")]
    if not any(field in meta for meta in metas):
        known = ", ".join(sorted({name for meta in metas for name in meta})[:20]) or "none"
        why = "The answers are no labels" if field == "label" else ""
        raise SpecError(f'no row has a field "{field}"', why, f"Fields: {known}.", "data.split.stratify")
    return [str(meta.get(field, "")) for meta in metas]


def times_of(store: RowStore, standing: Standing) -> list[float]:
    """Seconds since 1970 of each accepted row. Raises DataError when any has none."""
    times = accepted(store, standing, "time")
    if without := sum(time is None for time in times):
        what = f"{without:,} of {len(times):,} rows have no time"
        fix = "Name the column in data.columns.time, or set data.split.by: group."
        raise DataError(what, "data.split.by: time makes the newest rows the test", fix, "data.split.by")
    return times


def labels(store: RowStore, standing: Standing) -> list[str]:
    """The last answer of each accepted row."""
    return [messages[-1]["content"].strip()[:LABEL_LENGTH] for messages in accepted(store, standing, "messages")]


def accepted(store: RowStore, standing: Standing, name: str) -> list[Any]:
    """One column of the accepted rows."""
    found = []
    for first, batch in store.batches(name):
        chosen = standing.accepted[first : first + batch.num_rows].nonzero()[0]
        found += batch.column(0).take(chosen).to_pylist()
    return found


def _value(value: str, rows: int) -> dict[str, Any]:
    return {"value": hidden(value), "rows": rows}


def slices(metas: Sequence[str | None]) -> list[dict[str, Any]]:
    """Fields with few values, and how many rows each value has."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for meta in metas:
        for name, value in (orjson.loads(meta) if meta else {}).items():
            if len(counts[name]) <= 100:
                counts[name][str(value)[:LABEL_LENGTH]] += 1
    few = [(name, found) for name, found in counts.items() if name != "rejected" and 1 < len(found) <= 50]
    return [
        {"name": name, "values": [_value(value, rows) for value, rows in found.most_common(SHOWN_VALUES)]}
        for name, found in sorted(few)[:SHOWN_FIELDS]
    ]
