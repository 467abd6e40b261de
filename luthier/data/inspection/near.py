"""Near-duplicate texts by MinHash: in time linear in the number of texts, not in that of pairs."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from luthier.data.inspection.boilerplate import without_boilerplate
from luthier.data.inspection.components import joined
from luthier.data.inspection.jaccard import jaccard
from luthier.data.inspection.minhash import BANDS, Signatures, signatures
from luthier.data.inspection.shingles import Array, Sets

RELATED = 0.6
"""Share of common pieces (Jaccard index) from which two texts are too alike to lie on two sides of a split."""

SAME = 0.8
"""From here on one text repeats the other."""

NEIGHBOURS = 3
"""Texts that each text is compared with in each band."""

FEWEST_BITS = 89
"""Of 128: 0.8 are expected of a pair at RELATED, with a standard deviation of 0.035; this is three of them less."""


class Links(NamedTuple):
    """Pairs of related texts, the earlier one first, with their Jaccard index."""

    one: Array
    other: Array
    likeness: Array


def links_between(sets: Sets, first: Array, folder: Path) -> Links:
    """Links between different texts that suffice to connect every cluster of related ones.

    `first`: for each set the first that is equal to it; equal texts are one text, the first.
    """
    distinct = np.flatnonzero(first == np.arange(len(first)))
    telling = without_boilerplate(sets, first == np.arange(len(first)), folder / f"{sets.path.name}-telling")
    sets.path.unlink()
    found = _links(telling, signatures(telling, folder / f"{sets.path.name}-signatures"))
    return Links(distinct[found.one], distinct[found.other], found.likeness)


def _links(sets: Sets, prints: Signatures) -> Links:
    """Band by band: a pair is looked at once, and not at all when others have shown that it is the same text."""
    found = [Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    seen = np.empty(0, np.uint64)
    same = np.arange(len(sets))
    for band in range(BANDS if len(sets) > 1 else 0):
        pairs = np.setdiff1d(_candidates(prints, band), seen)
        one, other = (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
        new = same[one] != same[other]
        seen = np.union1d(seen, pairs[new])
        fresh = _verified(sets, one[new], other[new])
        found.append(fresh)
        equal = fresh.likeness >= SAME
        same = joined(same, fresh.one[equal], fresh.other[equal])
    return Links(*map(np.concatenate, zip(*found, strict=True)))


def _verified(sets: Sets, one: Array, other: Array) -> Links:
    likeness = jaccard(sets, one, other)
    related = likeness >= RELATED
    return Links(one[related], other[related], likeness[related])


def _candidates(prints: Signatures, band: int) -> Array:
    """Pairs that agree in the four hashes of a band (locality-sensitive hashing, Indyk and Motwani 1998), as numbers.

    In natural language dozens of unlike texts agree in a band by chance. They are sorted by the next band's hashes
    (as in an LSH forest, Bawa, Condie and Ganesan 2005), and each is compared with the next few in this order only:
    so a thousand variants of one text cost a few thousand comparisons, not a million. What this may miss are pairs at
    the far ends of a bucket that no chain of neighbours connects, in all 32 bands.
    """
    keys = prints.band(band)
    order = np.lexsort((prints.band(band + 1), keys))
    keys, bits = keys[order], prints.bits[order]
    pairs = []
    for step in range(1, min(NEIGHBOURS, len(keys) - 1) + 1):
        alike = np.flatnonzero(keys[step:] == keys[:-step])
        shared = 128 - np.bitwise_count(bits[alike] ^ bits[alike + step]).sum(axis=1, dtype=np.int64)
        alike = alike[shared >= FEWEST_BITS]
        ends = np.sort(np.stack([order[alike], order[alike + step]]), axis=0).astype(np.uint64)
        pairs.append(ends[0] << np.uint64(32) | ends[1])
    return np.concatenate(pairs)
