"""Train, validation and test rows."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from luthier.data_spec import SplitSpec
from luthier.errors import DataError

SPLITS = ("train", "validation", "test")

FEWEST = 2
"""Rows each split needs for the run to work at all; for a proof it takes far more."""

SMALL_STRATUM = 10
"""Strata of fewer rows are divided together: a tenth of them is no row."""


def divide(
    group_of: Sequence[int], shares: SplitSpec, seed: int,
    strata: Sequence[str] | None = None, times: Sequence[float] | None = None,
) -> list[str]:  # fmt: skip
    """The split of each row; rows of one group are never parted. Raises DataError when a split stays too small.

    Groups go to test, then to validation, in random order, as long as they fit; small ones first, so that
    no held-out split consists of variants of one row. A group too large for both is trained on.
    `strata`: each is divided for itself, so that every split has its share of it. `times`: the newest groups are the
    test, the next newest the validation (a group is as new as its newest row).
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(group_of):
        groups[group].append(row)
    home: dict[int, str] = {}
    least = 0 if strata else FEWEST
    for members in _by_stratum(groups, strata):
        home |= _place({group: groups[group] for group in members}, shares, seed, times, least)
    names = [home[group] for group in group_of]
    _check_sizes(Counter(names), len(groups), shares)
    return names


def _by_stratum(groups: dict[int, list[int]], strata: Sequence[str] | None) -> list[list[int]]:
    """The groups of each stratum; a group belongs to the stratum of most of its rows."""
    if strata is None:
        return [list(groups)]
    found: dict[str, list[int]] = defaultdict(list)
    for group, rows in groups.items():
        (most, _), *_ = Counter(strata[row] for row in rows).most_common(1)
        found[most].append(group)
    small = [name for name, members in found.items() if sum(len(groups[each]) for each in members) < SMALL_STRATUM]
    pooled = [group for name in small for group in found.pop(name)]
    if found and 0 < sum(len(groups[group]) for group in pooled) < SMALL_STRATUM:  # too few also together
        nearest = min(found, key=lambda name: sum(len(groups[group]) for group in found[name]))
        pooled += found.pop(nearest)
    return [*found.values(), pooled] if pooled else list(found.values())


def _place(
    groups: dict[int, list[int]], shares: SplitSpec, seed: int, times: Sequence[float] | None, least: int
) -> dict[int, str]:
    sizes = {group: len(rows) for group, rows in groups.items()}
    count = sum(sizes.values())
    room = {name: max(least, round(count * share)) for name, share in _held_out(shares)}
    order = list(sizes)
    if times is None:
        small = max(1, min(room.values()) // 10)
        random.Random(seed).shuffle(order)
        order.sort(key=lambda group: sizes[group] > small)
    else:
        order.sort(key=lambda group: max(times[row] for row in groups[group]), reverse=True)
    home = {}
    for group in order:
        home[group] = next((name for name in room if sizes[group] <= room[name]), "train")
        if home[group] in room:
            room[home[group]] -= sizes[group]
    return home


def _held_out(shares: SplitSpec) -> tuple[tuple[str, float], tuple[str, float]]:
    return ("test", shares.test), ("validation", shares.validation)


def _check_sizes(counts: Counter[str], groups: int, shares: SplitSpec) -> None:
    if all(counts[name] >= FEWEST for name in SPLITS):
        return
    rows = counts.total()
    got = ", ".join(f"{counts[name]} {name}" for name in SPLITS)
    why = f"That gives {got}; each needs at least {FEWEST}"
    fix = "Add examples; below 50 test rows hardly any improvement can be shown."
    if shares.by != "random" and rows > groups:
        why += f". Rows that share a prompt or an answer, also nearly, stay together; that leaves {groups} groups"
        fix = "Add examples that differ, or set data.split.by: random and accept that test rows resemble training rows."
    raise DataError(f"too few rows to split: {rows}", why, fix, "data.split")
