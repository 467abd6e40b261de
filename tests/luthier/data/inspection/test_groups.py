"""Groups against a plain count on sets."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from luthier.data.inspection.clusters import Likeness
from luthier.data.inspection.components import first_of
from luthier.data.inspection.duplicates import Duplicates, inspect
from luthier.data.inspection.groups import groups
from luthier.data.inspection.leakage import seen_in_train

TURNS = st.lists(st.tuples(st.integers(-1, 12), st.integers(0, 12)), min_size=1, max_size=3)
ROWS = st.lists(TURNS, min_size=1, max_size=25)


def found_of(rows: list[list[tuple[int, int]]], labels: bool) -> Duplicates:
    turns = np.array([turn for row in rows for turn in row])
    sides = [np.where(side < 0, -1, first_of(side)) for side in turns.T]
    prompts, answers = (Likeness(side, side, side) for side in sides)
    none = np.full(len(rows), -1)
    offsets = np.cumsum([0, *map(len, rows)])
    return Duplicates(offsets, prompts, answers, none, none, none >= 0, 0, {"yes": 1} if labels else None)


def keys(row: list[tuple[int, int]], labels: bool) -> set[tuple[str, int]]:
    return {("prompt", ask) for ask, _ in row if ask >= 0} | {("answer", say) for _, say in row if not labels}


def plainly(rows, kept, extra, labels) -> list[int]:
    ends = set().union(*(keys(rows[row][-1:], labels) for row in kept))
    ties = [keys(rows[row], labels) & ends | {("extra", key)} for row, key in zip(kept, extra, strict=True)]
    group = list(range(len(kept)))
    for _ in kept:
        for one, mine in enumerate(ties):
            group[one] = min(group[other] for other, theirs in enumerate(ties) if mine & theirs)
    return [kept[place] for place in group]


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, labels=st.booleans(), data=st.data())
def test_groups(rows, labels, data):
    kept = [row for row in range(len(rows)) if data.draw(st.booleans())]
    extra = [data.draw(st.integers(0, 30)) for _ in kept]
    assert groups(found_of(rows, labels), kept, extra) == plainly(rows, kept, extra, labels)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, labels=st.booleans(), data=st.data())
def test_leakage(rows, labels, data):
    names = [data.draw(st.sampled_from(["train", "validation", "test"])) for _ in rows]
    train, test = ([row for row, name in enumerate(names) if name == each] for each in ("train", "test"))
    learned = set().union(*(keys(rows[row], labels) for row in train))
    ends = set().union(*(keys(rows[row][-1:], labels) for row in train))
    expected = sum(bool(keys(rows[row][-1:], labels) & learned or keys(rows[row], labels) & ends) for row in test)
    found = found_of(rows, labels)
    assert seen_in_train(found, train, test) == (expected, expected, expected)


def test_no_rows():
    found = inspect([])
    assert groups(found, []) == [] and seen_in_train(found, [], []) == (0, 0, 0)
