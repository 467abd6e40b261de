"""Rows that say the same again, and rows that contradict each other."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

from luthier.data.clusters import similar
from luthier.data.record import Record
from luthier.data.text import answer_of, exact_key, loose_key, prompt_of

ROWS_PER_LABEL = 10
"""From so many rows an answer on average, the answers are labels (positive, negative), not texts of their own."""


class Duplicates(NamedTuple):
    """Per row: cluster of its prompt, cluster of its answer, earlier row it repeats (None: none), contradiction."""

    prompts: list[int]
    answers: list[int]
    exact: list[int | None]
    near: list[int | None]
    conflicting: list[bool]
    conflicting_prompts: int

    @property
    def answers_are_labels(self) -> bool:
        return len(set(self.answers)) * ROWS_PER_LABEL <= len(self.answers)

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
    prompts, answers = similar(list(map(loose_key, asked))), similar(list(map(loose_key, told)))
    keys = [(exact_key(ask), exact_key(answer)) for ask, answer in zip(asked, told, strict=True)]
    replies = defaultdict(set)
    for (ask, _), answer in zip(keys, answers, strict=True):
        replies[ask].add(answer)
    return Duplicates(
        prompts,
        answers,
        _earlier(keys),
        _earlier(list(zip(prompts, answers, strict=True))),
        [len(replies[ask]) > 1 for ask, _ in keys],
        sum(len(each) > 1 for each in replies.values()),
    )


def _earlier(keys: Sequence[Hashable]) -> list[int | None]:
    first: dict[Hashable, int] = {}
    found = [first.setdefault(key, index) for index, key in enumerate(keys)]
    return [None if other == index else other for index, other in enumerate(found)]
