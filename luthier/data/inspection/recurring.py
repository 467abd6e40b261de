"""Sentences with which many answers begin or end."""

import re
from hashlib import blake2b
from typing import NamedTuple

SHARE = 0.05
"""Of the rows: a sentence at the same end of more answers is boilerplate."""

FEWEST_ROWS = 10
FEWEST_CHARACTERS = 12
_FIRST = re.compile(r"[^.!?\n。]{1,200}[.!?\n。]")
_LAST = re.compile(r"(?:^|[.!?\n。])\s*([^.!?\n。]{1,200}[.!?。]*)\s*$")
_TAIL = 220


class Recurring(NamedTuple):
    """How many sentences recur, and the rows that begin or end with one."""

    sentences: int
    rows: list[int]


class RecurringSentences:
    def __init__(self) -> None:
        self.keys = bytearray()

    def add(self, answer: str) -> None:
        first, last = _FIRST.match(answer), _LAST.search(answer, max(0, len(answer) - _TAIL))
        self.keys += _key(first[0] if first else "") + _key(last[1] if last else "")

    def found(self) -> Recurring:
        import numpy as np

        keys = np.frombuffer(bytes(self.keys), np.uint64).reshape(-1, 2)
        often, found = max(FEWEST_ROWS, SHARE * len(keys)), 0
        rows = np.zeros(len(keys), bool)
        for end in keys.T:
            values, which, counts = np.unique(end, return_inverse=True, return_counts=True)
            recurs = (counts > often) & (values != 0)
            found += int(recurs.sum())
            rows |= recurs[which]
        return Recurring(found, np.flatnonzero(rows).tolist())


def _key(sentence: str) -> bytes:
    """Of a sentence too short to matter it is zero."""
    plain = " ".join(sentence.lower().split())
    if len(plain) < FEWEST_CHARACTERS:
        return bytes(8)
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest()
