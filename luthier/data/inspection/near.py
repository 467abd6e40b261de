"""Near-duplicate texts by MinHash: in time linear in the number of texts, not in that of pairs."""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray

SHINGLE = 4
"""Characters in a piece. Short enough that one changed word of a short question leaves most pieces alone."""

RELATED = 0.6
"""Share of common pieces (Jaccard index) from which two texts are too alike to lie on two sides of a split."""

SAME = 0.8
"""From here on one text repeats the other."""

BOILERPLATE = 0.3
"""Pieces found in a larger share of the texts, as of an instruction that all rows repeat, tell nothing."""

PERMUTATIONS = 128
BANDS = 32
"""Bands of four hashes: a pair with a Jaccard index of 0.6 is compared with a probability of 0.988, of 0.8 always."""


def near_pairs(texts: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Index pairs of related texts with their likeness (RELATED to 1); enough to connect every cluster.

    Locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998): texts that agree in all hashes
    of one band are compared. Within a band, each text is compared with the first and the latest one
    of its bucket only, so that a thousand variants of one text cost a thousand comparisons, not a million.
    """
    signatures = _signatures(texts)
    width = PERMUTATIONS // BANDS
    for start in range(0, PERMUTATIONS, width):
        buckets: dict[bytes, tuple[int, int]] = {}
        for index, signature in enumerate(signatures):
            key = signature[start : start + width].tobytes()
            first, latest = buckets.get(key, (index, index))
            for other in {first, latest} - {index}:
                likeness = float((signatures[other] == signature).mean())
                if likeness >= RELATED:
                    yield other, index, likeness
            buckets[key] = (first, index)


def _signatures(texts: Sequence[str]) -> list["ndarray"]:
    from datasketch import MinHash

    hashes = MinHash.generator(_telling(texts), num_perm=PERMUTATIONS, seed=1, hashfunc=zlib.crc32)
    return [minhash.hashvalues for minhash in hashes]


def _telling(texts: Sequence[str]) -> Iterator[list[bytes]]:
    """The pieces of each text without boilerplate; all of them where nothing else would be left."""
    spread = Counter(piece for text in texts for piece in _shingles(text))
    limit = max(4, BOILERPLATE * len(texts))
    for text in texts:
        pieces = sorted(_shingles(text))
        yield [piece for piece in pieces if spread[piece] <= limit] or pieces


def _shingles(text: str) -> set[bytes]:
    padded = f" {text} "
    return {padded[at : at + SHINGLE].encode() for at in range(max(1, len(padded) - SHINGLE + 1))}
