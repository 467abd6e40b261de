"""Rows that say the same again, and rows that contradict each other."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import numpy as np

from luthier.data.inspection.clusters import Clusterer, Likeness
from luthier.data.inspection.components import earlier, first_of
from luthier.data.inspection.label_count import LabelCount
from luthier.data.inspection.shingles import Array, digest
from luthier.data.inspection.text import Prompt, exact_key, loose_of_exact

Turns = list[tuple[str, str]]
"""Each answer of a row with what was said since the one before it, as `text.turns_of` gives them."""


class Duplicates(NamedTuple):
    """Rows that repeat, contradict or resemble each other, as arrays.

    Row r has the turns offsets[r]:offsets[r + 1]; `prompts` and `answers` give for each turn its clusters (numbers of
    turns; -1 for an empty prompt, which ties nothing). Per row: `exact` and `near`, the earlier row it repeats (-1:
    none); `conflicting`, whether an equal prompt has another answer. `labels`: how many rows end with each label,
    where answers are labels.
    """

    offsets: Array
    prompts: Likeness
    answers: Likeness
    exact: Array
    near: Array
    conflicting: Array
    conflicting_prompts: int
    labels: dict[str, int] | None

    @property
    def answers_are_labels(self) -> bool:
        return self.labels is not None

    @property
    def last(self) -> Array:
        """Of each row its last turn."""
        return self.offsets[1:] - 1

    def repeated(self, mode: Literal["off", "exact", "near"]) -> dict[int, int]:
        """Rows to remove, each with the earlier row that stays."""
        if mode == "off":
            return {}
        chosen = self.exact if mode == "exact" else self.near
        rows = np.flatnonzero(chosen >= 0)
        return dict(zip(rows.tolist(), chosen[rows].tolist(), strict=True))


def inspect(rows: Iterable[Turns], scratch: Path | None = None) -> Duplicates:
    """A near-duplicate repeats an earlier row's prompt and its answer, each up to a few characters.

    A row's last answer has all its other turns in its prompt, so that it stands for the row; each row needs one.
    Of a long prompt only the end is compared, except for equality (`text.Prompt`).
    A text that recurs with another partner is no duplicate: many questions may share an answer.
    The rows are gone over once. Memory: some 500 bytes a turn; `scratch` gets files of ten bytes a character.
    """
    with TemporaryDirectory(dir=scratch) as folder:
        reader = _Reader(Path(folder))
        for turns in rows:
            reader.add(turns)
        return reader.finish()


class _Reader:
    def __init__(self, folder: Path):
        self.prompts, self.answers = Clusterer(folder, "prompts"), Clusterer(folder, "answers")
        self.labels = LabelCount()
        self.counts: list[int] = []
        self.empty = bytearray()
        self.asked, self.said = bytearray(), bytearray()

    def add(self, turns: Turns) -> None:
        prompt, asked = Prompt(), b""
        for since, answer in turns:
            prompt.add(since)
            asked = prompt.exact.digest
            self.prompts.add(prompt.loose.end, prompt.loose.digest)
            self.answers.add(loose_of_exact(exact_key(answer)))
            self.empty.append(not prompt.exact.end)
            prompt.add(answer)
        self.counts.append(len(turns))
        self.labels.add(turns[-1][1])
        self.asked += asked
        self.said += digest(exact_key(turns[-1][1]))

    def finish(self) -> Duplicates:
        offsets = np.cumsum([0, *self.counts], dtype=np.int64)
        last = offsets[1:] - 1
        empty = np.frombuffer(bytes(self.empty), bool)
        prompts, answers = self.prompts.finish(), self.answers.finish()
        asked, said = (first_of(np.frombuffer(bytes(keys), np.uint64)) for keys in (self.asked, self.said))
        same = _pairs(prompts.same[last], answers.same[last])
        conflicting, several = _conflicts(asked, answers.same[last], empty[last])
        return Duplicates(
            offsets,
            Likeness(*(np.where(empty, np.int32(-1), each) for each in prompts)),
            answers,
            earlier(_pairs(asked, said)),
            earlier(same),
            conflicting,
            several,
            self.labels.found(),
        )


def _pairs(one: Array, other: Array) -> Array:
    return one.astype(np.uint64) << np.uint64(32) | other.astype(np.uint64)


def _conflicts(asked: Array, answers: Array, empty: Array) -> tuple[Array, int]:
    """For each row whether its prompt has several answers; how many prompts have."""
    different = np.unique(_pairs(asked, answers)) >> np.uint64(32)
    several = np.bincount(different.astype(np.int64), minlength=len(asked)) > 1
    if empty.any():
        several[asked[empty]] = False
    return several[asked], int(several.sum())
