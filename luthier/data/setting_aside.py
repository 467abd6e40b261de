"""Rows that can be learned from and are set aside by choice: repetitions, flaws, surplus of a label."""

from collections.abc import Mapping
from typing import Literal

from luthier.data.copies import surplus
from luthier.data.fields import labels
from luthier.data.quarantine import Quarantine
from luthier.data.screen import DROPPED
from luthier.data.standing import Standing
from luthier.data.store import RowStore
from luthier.errors import SpecError
from luthier.spec import RunSpec

DUPLICATE, SURPLUS = "duplicate", "surplus"
"""Codes; as FILTERED and DROPPED they say that nothing is wrong with the row."""


def set_aside(
    spec: RunSpec, store: RowStore, standing: Standing, quarantine: Quarantine, flawed: Mapping[str, set[int]]
) -> None:
    """`flawed`: by flaw, the rows that have it, seen over the whole set. Raises SpecError where labels are lacking."""
    assert standing.found is not None
    data, sound = spec.data, standing.sound
    for flaw in data.drop:
        standing.set_aside(DROPPED, dict.fromkeys(sorted(flawed.get(flaw, ())), f"dropped: {flaw}"))
    standing.set_aside(DUPLICATE, _repetitions(standing, data.dedupe))
    if data.balance != "off" and not standing.found.answers_are_labels:
        why = "Labels are short answers that recur in ten rows each or more"
        raise SpecError("the answers are no labels to balance", why, "Set data.balance: off.", "data.balance")
    if data.balance == "down":
        rows = [int(row) for row in sound[standing.kept]]
        standing.set_aside(SURPLUS, surplus(rows, labels(store, standing), spec.seed))
    for row, entry in store.chosen(set(standing.aside), "raw"):
        code, reason = standing.aside[row]
        quarantine.add(standing.source(row).name, standing.number(row), code, reason, entry["raw"])


def _repetitions(standing: Standing, mode: Literal["off", "exact", "near"]) -> dict[int, str]:
    """Rows that repeat one that is kept: where the first was dropped, the next of its kind takes its place."""
    assert standing.found is not None
    kept_for: dict[int, int] = {}
    found = {}
    for at, first in sorted(standing.found.repeated(mode).items()):
        row, original = int(standing.sound[at]), int(standing.sound[first])
        if not standing.accepted[row]:
            continue
        if not standing.accepted[original]:
            original = kept_for.setdefault(first, row)
        if original != row:
            found[row] = standing.repeated(row, original)
    return found
