"""Rows that say the same again, and rows that contradict each other."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from luthier.data.inspection.clusters import clusters
from luthier.data.inspection.text import exact_key, loose_key, turns_of
from luthier.data.record import Record

ROWS_PER_LABEL = 10
LABEL_LENGTH = 40
"""Short answers (at most so many characters) that recur (in so many rows each, on average) are labels, like
positive and negative: they have to be known from training, and cannot be kept apart."""


class Duplicates(NamedTuple):
    """Per row: clusters of related prompts and answers, one a turn, the last turn's last; earlier row it repeats
    (None: none); contradiction."""

    prompts: list[list[int]]
    answers: list[list[int]]
    exact: list[int | None]
    near: list[int | None]
    conflicting: list[bool]
    conflicting_prompts: int
    answers_are_labels: bool

    def repeated(self, mode: Literal["off", "exact", "near"]) -> dict[int, int]:
        """Rows to remove, each with the earlier row that stays."""
        chosen = {"off": [], "exact": self.exact, "near": self.near}[mode]
        return {index: first for index, first in enumerate(chosen) if first is not None}


def inspect(records: Sequence[Record]) -> Duplicates:
    """A near-duplicate repeats an earlier row's prompt and its answer, each up to a few characters.

    A row's last answer has all its other turns in its prompt, so that it stands for the row.
    A text that recurs with another partner is no duplicate: many questions may share an answer.
    """
    turns = [turns_of(record.messages) for record in records]
    last = [row[-1] for row in turns]
    prompts = _clusters([[ask for ask, _ in row] for row in turns])
    answers = _clusters([[answer for _, answer in row] for row in turns])
    keys = [(exact_key(ask), exact_key(answer)) for ask, answer in last]
    same = [(ask[-1], answer[-1]) for ask, answer in zip(prompts.same, answers.same, strict=True)]
    replies = defaultdict(set)
    for (ask, _), (_, answer) in zip(keys, same, strict=True):
        replies[ask].add(answer)
    return Duplicates(
        prompts.related,
        answers.related,
        _earlier(keys),
        _earlier(same),
        [len(replies[ask]) > 1 for ask, _ in keys],
        sum(len(each) > 1 for each in replies.values()),
        _are_labels([answer for _, answer in last]),
    )


class _Clusters(NamedTuple):
    """`Likeness` of the texts of each row."""

    same: list[list[int]]
    related: list[list[int]]


def _clusters(texts: Sequence[Sequence[str]]) -> _Clusters:
    found = clusters([loose_key(text) for row in texts for text in row])
    same, related = ([list(islice(each, len(row))) for row in texts] for each in map(iter, found))
    return _Clusters(same, related)


def _are_labels(answers: Sequence[str]) -> bool:
    distinct = set(answers)
    recur = len(distinct) * ROWS_PER_LABEL <= len(answers)
    return recur and all(len(answer) <= LABEL_LENGTH for answer in distinct)


def _earlier(keys: Sequence[Hashable]) -> list[int | None]:
    first: dict[Hashable, int] = {}
    found = [first.setdefault(key, index) for index, key in enumerate(keys)]
    return [None if other == index else other for index, other in enumerate(found)]
