"""Rows that can be learned from and are set aside by choice: repetitions, flaws, surplus of a label."""

from collections.abc import Mapping

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
    repeated = standing.found.repeated(data.dedupe)
    standing.set_aside(
        DUPLICATE,
        {int(sound[at]): standing.repeated(int(sound[at]), int(sound[first])) for at, first in repeated.items()},
    )
    for flaw in data.drop:
        standing.set_aside(DROPPED, dict.fromkeys(sorted(flawed.get(flaw, ())), f"dropped: {flaw}"))
    if data.balance != "off" and not standing.found.answers_are_labels:
        why = "Labels are short answers that recur in ten rows each or more"
        raise SpecError("the answers are no labels to balance", why, "Set data.balance: off.", "data.balance")
    if data.balance == "down":
        rows = [int(row) for row in sound[standing.kept]]
        standing.set_aside(SURPLUS, surplus(rows, labels(store, standing), spec.seed))
    for row, entry in store.chosen(set(standing.aside), "raw"):
        code, reason = standing.aside[row]
        quarantine.add(standing.source(row).name, standing.number(row), code, reason, entry["raw"])
