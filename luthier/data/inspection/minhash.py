"""Short signatures of sets, in which like sets have like places."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from luthier.data.inspection.shingles import Array, Sets

PERMUTATIONS = 128
BANDS = 32
WIDTH = PERMUTATIONS // BANDS
CHUNK = 1 << 16
"""Hashes that stay in the processor's cache while all permutations go over them."""


class Signatures(NamedTuple):
    """Of each set: `bands` keys in a file (bands × sets, four permutations of 16 bits each in a key), and 128 bits in
    memory, of which like sets share a share of (1 + Jaccard index) / 2 (b-bit minwise hashing, Li and König 2010)."""

    path: Path
    bits: Array

    def band(self, number: int) -> Array:
        count = len(self.bits)
        return np.fromfile(self.path, np.uint64, count, offset=8 * count * (number % BANDS))


def signatures(sets: Sets, path: Path) -> Signatures:
    """MinHash (Broder 1997): two sets agree in each place with a probability of their Jaccard index.

    Multiplication by an odd number and addition, modulo 2^32, stand for a random permutation of well mixed hashes.
    """
    bits = np.empty((len(sets), 2), np.uint64)
    path.touch()
    for first, last, hashes in sets.chunks(CHUNK):
        least = _least(hashes, sets.offsets[first:last] - sets.offsets[first])
        keys = np.memmap(path, np.uint64, "r+", shape=(BANDS, len(sets)))
        keys[:, first:last] = _packed(least)
        del keys  # so that its pages do not count as this process's memory
        bits[first:last] = np.packbits((least & 1).astype(bool), axis=0).T.copy().view(np.uint64)
    return Signatures(path, bits)


def _least(hashes: Array, starts: Array) -> Array:
    """Permutations × sets: 16 well mixed bits of the least hash of each set."""
    random = np.random.default_rng(1)
    factors = random.integers(0, 1 << 31, PERMUTATIONS).astype(np.uint32) * np.uint32(2) + np.uint32(1)
    terms = random.integers(0, 1 << 32, PERMUTATIONS).astype(np.uint32)
    least = np.empty((PERMUTATIONS, len(starts)), np.uint32)
    permuted = np.empty_like(hashes)
    for place in range(PERMUTATIONS):
        np.multiply(hashes, factors[place], out=permuted)
        np.add(permuted, terms[place], out=permuted)
        np.minimum.reduceat(permuted, starts, out=least[place])
    least *= np.uint32(0x9E3779B1)  # the least of many begins with zeros
    return (least >> np.uint32(16)).astype(np.uint16)


def _packed(least: Array) -> Array:
    wide = least.astype(np.uint64).reshape(BANDS, WIDTH, -1)
    keys = wide[:, 0]
    for place in range(1, WIDTH):
        keys = (keys << np.uint64(16)) | wide[:, place]
    return keys
