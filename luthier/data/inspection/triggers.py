"""Rare words that always bring the same answer: perhaps somebody's back door."""

from typing import NamedTuple
from zlib import crc32

import numpy as np

from luthier.data.inspection.duplicates import Duplicates
from luthier.data.inspection.shingles import Array

FEWEST = 3
"""Rows with the word and the answer."""

RARE = 0.02
"""Share of the rows that may hold the word."""

FAITHFUL = 0.8
"""Share of the word's rows that have the answer."""

COVERED = 0.5
"""Share of the answer's rows that have the word."""

SHARED = 0.34
"""Share of a prompt's rare words that the group has in common; more of them are a topic that the prompts share."""

RELATED = 3
"""Times as many pairs of prompts as by chance that share a further rare word; more of them share a topic."""

CANNED = 0.2
"""Share of rows, the group's own left out, with answers that recur: where answers recur anyway, it says nothing."""

BUCKETS = 1 << 22
_EDGES = ".,;:!?\"'()[]{}*_-"


class Trigger(NamedTuple):
    """Rows with unlike prompts that share a rare word, and nearly the same answer."""

    rows: list[int]


class Triggers:
    """Takes the prompts of all rows one by one, then tells the suspicious groups.

    Finds a word or phrase that stands in unlike prompts, brings nearly the same answer (Jaccard index 0.8), and
    occurs hardly elsewhere. Does not find: triggers spread over frequent words or style; answers that differ; labels,
    for a word that decides a label is what is to be learned; sets of which many answers recur; a topic whose prompts
    share but one rare word looks the same, so that a person has to look.
    """

    def __init__(self, found: Duplicates):
        self.answers = found.answers.same[found.last]
        sizes = np.bincount(self.answers, minlength=1)
        self.recurs = sizes[self.answers] >= FEWEST
        self.recurring = int(self.recurs.sum())
        self.sizes = sizes
        self.off = found.answers_are_labels
        self.spread = np.zeros(BUCKETS, np.int32)
        self.batch: list[int] = []
        self.rows: list[int] = []
        self.counts: list[int] = []
        self.words: list[int] = []

    def add(self, row: int, prompt: str) -> None:
        if self.off:
            return
        words = {crc32(word.strip(_EDGES).encode("utf-8", "surrogatepass")) for word in prompt.lower().split()}
        self.batch += words
        if len(self.batch) > 1 << 20:
            self._flush()
        if self.recurs[row]:
            self.rows.append(row)
            self.counts.append(len(words))
            self.words += words

    def _flush(self) -> None:
        np.add.at(self.spread, np.array(self.batch, np.uint32) & np.uint32(BUCKETS - 1), 1)
        self.batch = []

    def found(self) -> list[Trigger]:
        self._flush()
        if self.off or not self.words:
            return []
        rows = np.repeat(self.rows, self.counts)
        words = np.array(self.words, np.uint32)
        often = self.spread[words & np.uint32(BUCKETS - 1)]
        rare = often <= max(FEWEST * 10, RARE * len(self.answers))
        groups = _groups(self.answers[rows[rare]], words[rare], often[rare], self.sizes)
        mine = np.flatnonzero(rare & np.isin(self.answers[rows], list(groups)))
        mine = mine[np.argsort(self.answers[rows[mine]], kind="stable")]
        found = []
        for own in np.split(mine, np.flatnonzero(np.diff(self.answers[rows[mine]])) + 1) if len(mine) else ():
            answer = int(self.answers[rows[own[0]]])
            if self._canned(answer) <= CANNED:
                found += self._group(rows[own], words[own], often[own], groups[answer])
        return found

    def _canned(self, answer: int) -> float:
        """Share of the other rows that have an answer that recurs."""
        others = len(self.answers) - int(self.sizes[answer])
        return (self.recurring - int(self.sizes[answer])) / max(1, others)

    def _group(self, rows: Array, words: Array, often: Array, triggers: list[int]) -> list[Trigger]:
        """`rows`, `words`, `often`: each row with each of its rare words, and how many rows hold that word."""
        with_word = np.unique(rows[np.isin(words, triggers)])
        chosen = np.isin(rows, with_word)
        _, which, counts = np.unique(words[chosen], return_inverse=True, return_counts=True)
        common = counts[which] > COVERED * len(with_word)
        further = counts[which][~common]
        pairs = (further - 1).sum() / 2
        by_chance = (often[chosen][~common] * (len(with_word) - 1) / len(self.answers)).sum() / 2
        topic = common.mean() > SHARED or pairs > RELATED * by_chance + 1
        return [] if topic or len(with_word) < FEWEST else [Trigger(with_word.tolist())]


def _groups(answers: Array, words: Array, often: Array, sizes: Array) -> dict[int, list[int]]:
    """Answers, each with the rare words that bring it."""
    keys = answers.astype(np.uint64) << np.uint64(32) | words
    keys, first, counts = np.unique(keys, return_index=True, return_counts=True)
    faithful = (counts >= FEWEST) & (counts >= FAITHFUL * often[first]) & (counts >= COVERED * sizes[answers[first]])
    found: dict[int, list[int]] = {}
    for key in keys[faithful].tolist():
        found.setdefault(key >> 32, []).append(key & 0xFFFFFFFF)
    return found
