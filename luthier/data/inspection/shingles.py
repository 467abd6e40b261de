"""The pieces of texts as sets of numbers, kept in a file: texts may be more than fit into memory."""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SHINGLE = 4
"""Characters in a piece. Short enough that one changed word of a short question leaves most pieces alone."""

BATCH_CHARACTERS = 1 << 20
CHUNK = 1 << 20
"""Pieces that are worked on at once."""

Array = np.ndarray[Any, Any]

_WEIGHTS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], np.uint32)
_GAP = "\0" * (SHINGLE - 1)


class Sets(NamedTuple):
    """Sets of 32-bit hashes, sorted, one after the other in a file; set i lies at offsets[i]:offsets[i + 1]."""

    path: Path
    offsets: Array

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def chunks(self, size: int = CHUNK) -> Iterator[tuple[int, int, Array]]:
        """First set, last set (not included), and their hashes: about `size` of them."""
        first = 0
        with self.path.open("rb") as file:
            while first < len(self):
                last = int(np.searchsorted(self.offsets, self.offsets[first] + size, "right")) - 1
                last = min(max(last, first + 1), len(self))
                yield first, last, np.fromfile(file, np.uint32, int(self.offsets[last] - self.offsets[first]))
                first = last


def digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class ShingleWriter:
    """Takes texts one by one. `keys` (64 bits of BLAKE2b) tell equal texts: two that differ are taken for equal
    with odds of n²/2^65 among n texts, three in a hundred million for a million texts."""

    def __init__(self, path: Path):
        self.path = path
        self.file = path.open("wb")
        self.batch: list[str] = []
        self.characters = 0
        self.digests = bytearray()
        self.counts: list[Array] = []

    def add(self, text: str, key: bytes = b"") -> None:
        """`key`: of a text that is told in part, the key of all of it."""
        self.digests += key or digest(text)
        self.batch.append(text)
        self.characters += len(text)
        if self.characters >= BATCH_CHARACTERS:
            self._flush()

    def finish(self) -> tuple[Sets, Array]:
        """The sets of pieces, and the keys of the texts."""
        self._flush()
        self.file.close()
        offsets = np.concatenate([[0], *self.counts]).astype(np.int64).cumsum()
        return Sets(self.path, offsets), np.frombuffer(bytes(self.digests), np.uint64)

    def _flush(self) -> None:
        if self.batch:
            hashes, counts = shingle_hashes(self.batch)
            hashes.tofile(self.file)
            self.counts.append(counts)
        self.batch, self.characters = [], 0


def shingle_hashes(texts: list[str]) -> tuple[Array, Array]:
    """The distinct pieces of each text as sorted hashes, text after text, and how many each text has.

    A text counts with a space before and after it; one that is shorter than a piece is one piece.
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 2
    joined = "".join(f" {text} {_GAP}" for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    windows = np.maximum(1, lengths - SHINGLE + 1)
    starts = np.concatenate([[0], (lengths + len(_GAP)).cumsum()[:-1]])
    hashes = _mixed(_windows(codes)[ranges(starts, windows)])
    keys = np.repeat(np.arange(len(texts), dtype=np.uint64) << np.uint64(32), windows) | hashes
    keys.sort()
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])]
    counts = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(texts))
    return keys.astype(np.uint32), counts


def ranges(starts: Array, lengths: Array) -> Array:
    """starts[0], starts[0] + 1, … (lengths[0] of them), then the same for the next."""
    shift = np.repeat(starts - np.concatenate([[0], lengths.cumsum()[:-1]]), lengths)
    return shift + np.arange(len(shift))


def _windows(codes: Array) -> Array:
    """A number for the four characters from each place on; the last three places have none."""
    count = len(codes) - SHINGLE + 1
    found = codes[:count] * _WEIGHTS[0]
    for place in range(1, SHINGLE):
        found += codes[place : place + count] * _WEIGHTS[place]
    return found


def _mixed(hashes: Array) -> Array:
    """MurmurHash3's last step (Appleby, public domain): every bit of the input changes every bit of the output."""
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    hashes *= np.uint32(0xC2B2AE35)
    hashes ^= hashes >> np.uint32(16)
    return hashes
