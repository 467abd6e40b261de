"""The likeness of pairs of sets, counted and not estimated."""

from collections.abc import Iterator

import numpy as np

from luthier.data.inspection.shingles import Array, Sets, ranges

BLOCK = 1 << 21
"""Hashes that are compared at once."""


def jaccard(sets: Sets, one: Array, other: Array) -> Array:
    """For each pair the share of common pieces among all pieces of both (0 to 1)."""
    sizes = np.diff(sets.offsets)
    found = np.empty(len(one))
    for block in _blocks(sizes[one] + sizes[other]):
        # Mapped anew each time, so that pages that were read do not pile up as this process's memory.
        hashes = np.memmap(sets.path, np.uint32, "r")
        common = _common(hashes, sets.offsets, one[block], other[block])
        found[block] = common / (sizes[one[block]] + sizes[other[block]] - common)
    return found


def _common(hashes: Array, offsets: Array, one: Array, other: Array) -> Array:
    both = np.concatenate([one, other])
    sizes = offsets[both + 1] - offsets[both]
    pair = np.tile(np.arange(len(one), dtype=np.uint64), 2)
    keys = np.repeat(pair << np.uint64(32), sizes) | hashes[ranges(offsets[both], sizes)]
    keys.sort()
    twice = keys[1:][keys[1:] == keys[:-1]]
    return np.bincount((twice >> np.uint64(32)).astype(np.int64), minlength=len(one))


def _blocks(sizes: Array) -> Iterator[slice]:
    ends = sizes.cumsum()
    first = 0
    while first < len(sizes):
        before = ends[first] - sizes[first]
        last = max(first + 1, int(np.searchsorted(ends, before + BLOCK, "right")))
        yield slice(first, last)
        first = last
