"""Rows that say the same again, and rows that contradict each other."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

from luthier.data.clusters import clusters
from luthier.data.record import Record
from luthier.data.text import answer_of, exact_key, loose_key, prompt_of

ROWS_PER_LABEL = 10
LABEL_LENGTH = 40
"""Short answers (at most so many characters) that recur (in so many rows each, on average) are labels, like
positive and negative: they have to be known from training, and cannot be kept apart."""


class Duplicates(NamedTuple):
    """Per row: clusters of related prompts and answers, earlier row it repeats (None: none), contradiction."""

    prompts: list[int]
    answers: list[int]
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

    A text that recurs with another partner is no duplicate: many questions may share an answer.
    """
    asked = [prompt_of(record.messages) for record in records]
    told = [answer_of(record.messages) for record in records]
    prompts, answers = clusters(list(map(loose_key, asked))), clusters(list(map(loose_key, told)))
    keys = [(exact_key(ask), exact_key(answer)) for ask, answer in zip(asked, told, strict=True)]
    replies = defaultdict(set)
    for (ask, _), answer in zip(keys, answers.same, strict=True):
        replies[ask].add(answer)
    return Duplicates(
        prompts.related,
        answers.related,
        _earlier(keys),
        _earlier(list(zip(prompts.same, answers.same, strict=True))),
        [len(replies[ask]) > 1 for ask, _ in keys],
        sum(len(each) > 1 for each in replies.values()),
        _are_labels(told),
    )


def _are_labels(answers: Sequence[str]) -> bool:
    distinct = set(answers)
    recur = len(distinct) * ROWS_PER_LABEL <= len(answers)
    return recur and all(len(answer) <= LABEL_LENGTH for answer in distinct)


def _earlier(keys: Sequence[Hashable]) -> list[int | None]:
    first: dict[Hashable, int] = {}
    found = [first.setdefault(key, index) for index, key in enumerate(keys)]
    return [None if other == index else other for index, other in enumerate(found)]
