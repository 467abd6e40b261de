"""Pieces that so many texts contain that they tell nothing."""

from pathlib import Path

import numpy as np

from luthier.data.inspection.shingles import Array, Sets

BOILERPLATE = 0.3
"""Pieces found in a larger share of the texts, as of an instruction that all rows repeat, tell nothing."""

FEWEST = 4
"""Texts that may share a piece, however few there are."""

BUCKETS = 1 << 22
"""Pieces are counted by a part of their hash; a rare one is taken for a common one in the same bucket with odds of
common pieces to buckets."""


def without_boilerplate(sets: Sets, kept: Array, target: Path) -> Sets:
    """The kept sets without common pieces, in `target`; with all of them where nothing else would be left.

    `kept`: for each set whether it counts. The others do not appear in the answer.
    """
    common = _spread(sets, kept) > max(FEWEST, BOILERPLATE * int(kept.sum()))
    counts = []
    with target.open("wb") as file:
        for first, last, hashes in sets.chunks():
            owner = _owners(sets, first, last)
            telling = ~common[hashes & np.uint32(BUCKETS - 1)]
            nothing_left = np.bincount(owner[telling], minlength=last - first) == 0
            chosen = (telling | nothing_left[owner]) & kept[first:last][owner]
            hashes[chosen].tofile(file)
            counts.append(np.bincount(owner[chosen], minlength=last - first)[kept[first:last]])
    return Sets(target, np.concatenate([[0], *counts]).astype(np.int64).cumsum())


def _spread(sets: Sets, kept: Array) -> Array:
    """For each bucket how many of the kept sets have a piece in it."""
    spread = np.zeros(BUCKETS, np.int32)
    for first, last, hashes in sets.chunks():
        chosen = kept[first:last][_owners(sets, first, last)]
        np.add.at(spread, hashes[chosen] & np.uint32(BUCKETS - 1), 1)
    return spread


def _owners(sets: Sets, first: int, last: int) -> Array:
    return np.repeat(np.arange(last - first), np.diff(sets.offsets[first : last + 1]))
