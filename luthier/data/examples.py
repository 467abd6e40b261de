"""Rows for the data page: the worst ones and a fair sample, with personal data hidden."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from luthier.data.personal.protect import hidden, hidden_field
from luthier.data.quarantine import Quarantine
from luthier.data.standing import Standing
from luthier.data.store import RowStore

SAMPLES, EACH, OF_A_CODE = 200, 40, 15
"""Rows of the fair sample, of each other kind, and set-aside rows with one code."""

LONGEST_TEXT = 600
"""Characters of a text."""


def examples(
    store: RowStore, standing: Standing | None, quarantine: Quarantine, flawed: dict[str, set[int]], tickets: set[str]
) -> list[dict[str, Any]]:
    """At most some hundreds: {place, kind, why, tokens, trained, messages, raw, meta} each.

    `tickets`: files of a help desk, whose rows hold private notes as they stand.
    """
    found = list(_set_aside(quarantine, tickets))
    return found if standing is None else found + list(_accepted(store, standing, flawed))


def _set_aside(quarantine: Quarantine, tickets: set[str]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for entry in quarantine.entries():
        seen[entry["code"]] += 1
        if seen[entry["code"]] <= OF_A_CODE:
            raw = "(a ticket, see quarantine.jsonl)" if entry["source"] in tickets else _raw(entry)
            place = f"{entry['source']}: {entry['line']}"
            kind = "duplicate" if entry["code"] == "duplicate" else "faulty"
            why = f"{entry['code']}: {_short(entry['reason'])}"
            shown = {"place": place, "kind": kind, "why": why, "raw": raw}
            yield shown | {"tokens": None, "trained": None, "messages": [], "meta": {}}


def _accepted(store: RowStore, standing: Standing, flawed: dict[str, set[int]]) -> Iterator[dict[str, Any]]:
    chosen = _chosen(store, standing, flawed)
    for row, entry in store.chosen(set(chosen), "tokens", "trained", "messages", "meta"):
        kind, why = chosen[row]
        yield {
            "place": standing.place(row),
            "kind": kind,
            "why": why,
            "tokens": entry["tokens"],
            "trained": entry["trained"],
            "messages": [{"role": each["role"], "content": _short(each["content"])} for each in entry["messages"]],
            "raw": None,
            "meta": {name: _field(name, str(value)) for name, value in orjson.loads(entry["meta"] or "{}").items()},
        }


def _chosen(store: RowStore, standing: Standing, flawed: dict[str, set[int]]) -> dict[int, tuple[str, str]]:
    """Rows to show, each with its kind and why; what is worst of a row counts."""
    rows = np.flatnonzero(standing.accepted)
    lengths = np.array(store.column("tokens"))[rows]
    by_length = rows[np.argsort(lengths, kind="stable")]
    sampled = rows[np.unique(np.linspace(0, len(rows) - 1, min(SAMPLES, len(rows))).astype(int))] if len(rows) else rows
    found: dict[int, tuple[str, str]] = {int(row): ("sample", "") for row in sampled}
    found |= {int(row): ("shortest", "one of the shortest rows") for row in by_length[:EACH]}
    found |= {int(row): ("longest", "one of the longest rows") for row in by_length[::-1][:EACH]}
    for row in [int(row) for row in rows if standing.repeats(int(row))][:EACH]:
        found[row] = ("duplicate", f"{standing.repeats(row)} {standing.repeated(row, standing.first(row))}")
    for flaw, members in flawed.items():
        for row in sorted(members & set(rows.tolist()))[:EACH]:
            kind = flaw if flaw in ("outlier", "conflict") else "flaw"
            found[row] = (kind, "answers a prompt otherwise than another row" if flaw == "conflict" else flaw)
    return found


def _raw(entry: dict[str, Any]) -> str:
    """The row as it stands in its file; what JSON has escaped would not be recognised as personal data."""
    if "raw" not in entry:
        return "(bytes that are no text, see quarantine.jsonl)"
    try:
        return _short(orjson.dumps(orjson.loads(entry["raw"])).decode())
    except orjson.JSONDecodeError:
        return _short(entry["raw"])


def _field(name: str, value: str) -> str:
    return hidden_field(name, value[: 4 * LONGEST_TEXT])[:LONGEST_TEXT]


def _short(text: str) -> str:
    """Hidden first: half of a number that was cut off would not be recognised."""
    told = hidden(text[: 4 * LONGEST_TEXT])
    return told if len(told) <= LONGEST_TEXT else f"{told[:LONGEST_TEXT]}… ({len(text):,} characters)"
