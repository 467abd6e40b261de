"""What can be told of the whole set."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from luthier.data.inspection.changing import ChangingFacts
from luthier.data.inspection.duplicates import Duplicates
from luthier.data.inspection.flaws import notes
from luthier.data.inspection.labels import Balance, balance
from luthier.data.inspection.languages import Languages, LanguageSample
from luthier.data.inspection.lengths import Lengths, lengths
from luthier.data.inspection.quality import Quality, quality
from luthier.data.inspection.recency import Recency, recency
from luthier.data.inspection.recurring import Recurring, RecurringSentences
from luthier.data.inspection.sizes import Task
from luthier.data.inspection.task import TaskGuess
from luthier.data.inspection.triggers import Trigger, Triggers
from luthier.data.inspection.unlike import Pieces, Unlike, unlike
from luthier.rows import Message

Rows = Callable[[], Iterable[list[Message]]]
"""Gives the messages of all sound rows, each time anew."""

CUT = 0.1
"""Share of long answers without an end up to which they are taken for cut off; where more have none, it is style."""


@dataclass
class Survey:
    """Rows are meant by their places among the sound ones, from 0; shares lie between 0 and 1.

    `flawed`: rows by what is held against them. `distinct_prompts`, `distinct_answers`: clusters of related ones by
    rows. `changing`: share of rows that tell dates, prices or times which the prompt does not.
    """

    rows: int
    task: Task
    task_guessed: bool
    languages: Languages
    prompts: Lengths | None
    answers: Lengths | None
    labels: Balance | None
    recency: Recency | None
    recurring: Recurring
    unlike: Unlike
    triggers: list[Trigger]
    flawed: dict[str, list[int]]
    notes: dict[str, int]
    exact: int
    near: int
    distinct_prompts: float
    distinct_answers: float
    unique_answers: float
    changing: float
    quality: Quality | None = field(default=None)


def survey(
    rows: Rows,
    found: Duplicates,
    now: float,
    times: Iterable[float | None] = (),
    flaws: Iterable[Collection[str]] = (),
    layout: str = "",
    task: Task | Literal["auto"] = "auto",
    faulty: int = 0,
) -> Survey:
    """Goes over the rows twice. `found`: of the same rows; `now`: seconds since 1970; `times`, `flaws`: of each row,
    as far as known; `layout`: the format's name; `faulty`: rows that could not even be read."""
    reader = _Reader(found)
    for row, messages in enumerate(rows()):
        reader.add(row, messages)
    odd = unlike(map(_whole, rows()), reader.pieces)
    triggers = reader.triggers.found()
    flawed = _by_flaw(flaws)
    flawed |= _of_the_set(found, reader, odd, triggers, flawed)
    labels = balance(found.labels) if found.labels else None
    told = Survey(
        rows=len(found.exact),
        task=reader.task.found(found.answers_are_labels, layout) if task == "auto" else task,
        task_guessed=task == "auto",
        languages=reader.languages.found(),
        prompts=lengths(reader.asked),
        answers=lengths(reader.said),
        labels=labels,
        recency=recency(times, now),
        recurring=reader.recurring.found() if not labels else Recurring(0, []),
        unlike=odd,
        triggers=triggers,
        flawed={name: flawed[name] for name in sorted(flawed, key=lambda name: -len(flawed[name]))},
        notes={name: len(each) for name, each in sorted(reader.notes.items())},
        exact=int((found.exact >= 0).sum()),
        near=int(((found.near >= 0) & (found.exact < 0)).sum()),
        distinct_prompts=_distinct(found.prompts.related[found.last]),
        distinct_answers=_distinct(found.answers.related[found.last]),
        unique_answers=_alone(found.answers.same[found.last]),
        changing=round(reader.changing.rows / max(1, reader.task.rows), 4),
    )
    told.quality = quality(told, faulty)
    return told


class _Reader:
    def __init__(self, found: Duplicates):
        self.languages = LanguageSample(len(found.exact))
        self.task, self.changing, self.recurring = TaskGuess(), ChangingFacts(), RecurringSentences()
        self.pieces, self.triggers = Pieces(), Triggers(found)
        self.asked: list[int] = []
        self.said: list[int] = []
        self.notes: dict[str, list[int]] = defaultdict(list)

    def add(self, row: int, messages: list[Message]) -> None:
        asked = [message["content"] for message in messages if message["role"] == "user"]
        prompt, answer = asked[-1] if asked else "", messages[-1]["content"]
        self.languages.add(row, prompt, answer)
        for each in (self.task, self.changing):
            each.add(prompt, answer)
        self.recurring.add(answer)
        self.pieces.add(_whole(messages))
        self.triggers.add(row, "\n".join(asked))
        self.asked.append(sum(map(len, asked)))
        self.said.append(len(answer))
        for name in notes(messages):
            self.notes[name].append(row)


def _whole(messages: list[Message]) -> str:
    """All that is said, but for a system prompt, which whole sets share."""
    return "\n".join(message["content"] for message in messages if message["role"] != "system")


def _by_flaw(flaws: Iterable[Collection[str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row, names in enumerate(flaws):
        for name in names:
            found[name].append(row)
    return found


def _of_the_set(
    found: Duplicates, reader: _Reader, odd: Unlike, triggers: list[Trigger], flawed: dict[str, list[int]]
) -> dict[str, list[int]]:
    """Flaws that only the whole set shows; none without rows."""
    outliers = sorted({*odd.rows, *(row for trigger in triggers for row in trigger.rows)})
    told = {"conflict": np.flatnonzero(found.conflicting).tolist(), "outlier": outliers}
    cut = reader.notes["open_end"]
    long = sum(size >= 80 for size in reader.said)
    if cut and len(cut) <= CUT * long:
        told["truncated"] = sorted({*flawed.get("truncated", ()), *cut})
    return {name: rows for name, rows in told.items() if rows}


def _distinct(clusters: "np.ndarray[Any, Any]") -> float:
    """Clusters by rows; an empty prompt, -1, is one."""
    return round(len(np.unique(clusters)) / max(1, len(clusters)), 4)


def _alone(clusters: "np.ndarray[Any, Any]") -> float:
    """Share of rows that are a cluster of their own."""
    return round(float((np.bincount(clusters, minlength=1)[clusters] == 1).mean()), 4) if len(clusters) else 0.0
