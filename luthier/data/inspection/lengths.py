"""How long texts are."""

from collections.abc import Sequence
from typing import NamedTuple

EDGES = (0, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
"""Where bins begin, in characters; the last one has no end."""


class Lengths(NamedTuple):
    """Characters: middle, 95th percentile, longest; `bins`: texts in each bin, `edges` where the bins begin."""

    median: int
    p95: int
    longest: int
    edges: list[int]
    bins: list[int]


def lengths(characters: Sequence[int]) -> Lengths | None:
    """None of no texts."""
    import numpy as np

    if not len(characters):
        return None
    sizes = np.asarray(characters)
    bins = np.bincount(np.searchsorted(EDGES, sizes, "right") - 1, minlength=len(EDGES))
    used = int(np.flatnonzero(bins)[-1]) + 1
    median, p95 = (int(np.quantile(sizes, share, method="lower")) for share in (0.5, 0.95))
    return Lengths(median, p95, int(sizes.max()), list(EDGES[:used]), bins[:used].tolist())
