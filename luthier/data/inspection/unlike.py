"""Rows that are written unlike all others."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from luthier.data.inspection.shingles import Array, ranges

PIECE = 3
BUCKETS = 1 << 20
CHARACTERS = 2000
"""Of each row, at most."""

FAR = 6
"""Robust standard deviations from the middle."""

SHORTEST = 20
"""Pieces; of shorter texts nothing can be told."""

FEWEST = 50
"""Rows of about the same length that are compared with each other; below, with all rows."""

MOST = 0.01
"""Share of the rows that may be called outliers: more of them are a kind of their own, another language, say."""

NARROWEST = 0.05
"""Least standard deviation (nats a piece), so that sets of templates do not make outliers of trifles."""

_BATCH = 2000


class Unlike(NamedTuple):
    """`rows`: the outliers. `apart`: rows as far off that are too many to be outliers (then `rows` is empty)."""

    rows: list[int]
    apart: int


class Pieces:
    """Counts three-character pieces, by a hash of 20 bits."""

    def __init__(self) -> None:
        self.counts = np.zeros(BUCKETS, np.int64)
        self.batch: list[str] = []

    def add(self, text: str) -> None:
        self.batch.append(text[:CHARACTERS])
        if len(self.batch) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        if self.batch:
            self.counts += np.bincount(_hashes(self.batch)[0], minlength=BUCKETS)
        self.batch = []


def unlike(texts: Iterable[str], pieces: Pieces) -> Unlike:
    """The texts, the same as `pieces` has counted, whose pieces are far rarer than those of texts as long.

    A text's mark is the mean of -log p of its pieces, p being their share in all texts; it lies far off where it is
    more than six robust standard deviations (1.4826 times the median distance from the median) above the median.
    Finds other scripts, languages, codes and gibberish among prose; finds nothing that is worded like the rest.
    """
    pieces.flush()
    cost = np.log(pieces.counts.sum() + BUCKETS / 2) - np.log(pieces.counts + 0.5)
    marks, sizes = [], []
    for batch in _batches(texts):
        hashes, windows = _hashes(batch)
        starts = np.concatenate([[0], windows.cumsum()[:-1]])
        marks.append(np.add.reduceat(cost[hashes], starts) / windows)
        sizes.append(windows)
    if not marks:
        return Unlike([], 0)
    far = np.flatnonzero(_far(np.concatenate(marks), np.concatenate(sizes)))
    too_many = len(far) > max(1, MOST * sum(map(len, marks)))
    return Unlike([] if too_many else far.tolist(), len(far) if too_many else 0)


def _far(marks: Array, sizes: Array) -> Array:
    lengths = np.log2(sizes).round()
    found = np.zeros(len(marks), bool)
    for length in np.unique(lengths):
        own = lengths == length
        others = marks[own] if own.sum() >= FEWEST else marks
        middle = np.median(others)
        spread = max(NARROWEST, 1.4826 * float(np.median(np.abs(others - middle))))
        found[own] = marks[own] - middle > FAR * spread
    return found & (sizes >= SHORTEST)


def _batches(texts: Iterable[str]) -> Iterable[list[str]]:
    batch = []
    for text in texts:
        batch.append(text[:CHARACTERS])
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _hashes(texts: list[str]) -> tuple[Array, Array]:
    """The pieces of each text, text after text, and how many each has: one at least."""
    gap = "\0" * (PIECE - 1)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    codes = np.frombuffer((gap.join(texts) + gap * 2).encode("utf-32-le", "surrogatepass"), np.uint32)
    windows = np.maximum(1, sizes - PIECE + 1)
    starts = np.concatenate([[0], (sizes + len(gap)).cumsum()[:-1]])
    mixed = codes[:-2] * np.uint32(0x9E3779B1) + codes[1:-1] * np.uint32(0x85EBCA77) + codes[2:] * np.uint32(0xC2B2AE3D)
    return (mixed[ranges(starts, windows)] >> np.uint32(12)).astype(np.int64), windows
