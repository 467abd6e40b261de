"""Train, validation and test rows."""

import random
from collections import Counter
from collections.abc import Sequence

from luthier.data.inspection.clusters import connected
from luthier.data.inspection.duplicates import Duplicates
from luthier.errors import DataError
from luthier.spec import SplitSpec

SPLITS = ("train", "validation", "test")

FEWEST = 2
"""Rows each split needs for the run to work at all; for a proof it takes far more."""


def groups(found: Duplicates, kept: Sequence[int]) -> list[int]:
    """For each kept row the first row of its group: rows that share a prompt or an answer, also nearly.

    Labels, which whole classes of rows share, do not tie rows together, nor does a turn with which
    no row ends: a greeting, say. What a row ends with is what is tested.
    """
    shared = [found.prompts] if found.answers_are_labels else [found.prompts, found.answers]
    links = []
    for clusters in shared:
        ends = {clusters[row][-1] for row in kept}
        first: dict[int, int] = {}
        links += [
            (first.setdefault(cluster, place), place)
            for place, row in enumerate(kept)
            for cluster in clusters[row]
            if cluster in ends
        ]
    return [kept[place] for place in connected(len(kept), links)]


def divide(group_of: Sequence[int], shares: SplitSpec, seed: int) -> list[str]:
    """The split of each row; rows of one group are never parted. Raises DataError when a split stays too small.

    Groups go to test, then to validation, in random order, as long as they fit; small ones first, so that
    no held-out split consists of variants of one row. A group too large for both is trained on.
    """
    sizes = Counter(group_of)
    room = {name: max(FEWEST, round(len(group_of) * share)) for name, share in _held_out(shares)}
    small = max(1, min(room.values()) // 10)
    order = list(sizes)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: sizes[group] > small)
    home = {}
    for group in order:
        home[group] = next((name for name in room if sizes[group] <= room[name]), "train")
        if home[group] in room:
            room[home[group]] -= sizes[group]
    names = [home[group] for group in group_of]
    _check_sizes(Counter(names), len(sizes), shares)
    return names


def _held_out(shares: SplitSpec) -> tuple[tuple[str, float], tuple[str, float]]:
    return ("test", shares.test), ("validation", shares.validation)


def _check_sizes(counts: Counter[str], groups: int, shares: SplitSpec) -> None:
    if all(counts[name] >= FEWEST for name in SPLITS):
        return
    rows = counts.total()
    got = ", ".join(f"{counts[name]} {name}" for name in SPLITS)
    why = f"That gives {got}; each needs at least {FEWEST}"
    fix = "Add examples; below 50 test rows hardly any improvement can be shown."
    if shares.by == "group" and rows > groups:
        why += f". Rows that share a prompt or an answer, also nearly, stay together; that leaves {groups} groups"
        fix = "Add examples that differ, or set data.split.by: random and accept that test rows resemble training rows."
    raise DataError(f"too few rows to split: {rows}", why, fix, "data.split")
