"""A first look at a data file, for whoever writes its spec: what it is, and what only a person can tell."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from luthier.data.columns import authors, candidates, people, text_columns
from luthier.data.conversations import understand
from luthier.data.formats.detect import LOOKED_AT
from luthier.data.inspection.label_count import LabelCount
from luthier.data.inspection.task import TaskGuess
from luthier.data.reading.read import read
from luthier.data.reading.source import Source
from luthier.data.reading.sources import sources
from luthier.data.record import Record
from luthier.data.signs import signs_of
from luthier.data_spec import DataSpec
from luthier.errors import DataError, LuthierError
from luthier.settings import Settings

ROWS = 1000
"""So many of the first rows are looked at."""

FILES = 5
"""Files of a folder that are tried."""


class Look(NamedTuple):
    """`format` is None where the engine cannot tell which column is which: `problem` says why.

    `texts` are the columns that hold texts, `people` those that hold nothing but who it was; `asks` and `answers` what
    the engine's own guess takes for a half of the pair where it has no whole one; `assistant_candidates` who speaks in
    an exported chat of which nothing tells who answers, the most frequent first; `signs` the shares of rows that look
    like a kind of work. Lengths are those that 95 of 100 rows do not exceed, in bytes.
    """

    format: str | None
    columns: dict[str, str]
    guessed: str
    rows_seen: int
    task: str
    assistant_candidates: list[str]
    fields: list[str]
    has_time: bool
    groups: int
    answers_are_labels: bool
    median_answer_words: int
    faults: int
    first_fault: str
    texts: list[str]
    labels: list[str]
    signs: dict[str, float]
    answer_bytes: int
    row_bytes: int
    problem: str
    asks: list[str]
    answers: list[str]
    people: list[str]


def look(path: Path, data: DataSpec | None = None) -> Look:
    """The first rows of a file, or of the first file of a folder that is understood, read with the values of `data`.

    Raises DataError for what is wrong with the file as a whole, SpecError for values of `data` that do not fit it.
    """
    data = data or DataSpec(path=path)
    files = sources(data, Settings().root)
    for source in files[:FILES]:
        seen = _look(source, data)
        if seen.format is not None:
            return seen
    return _look(files[0], data)


def _look(source: Source, data: DataSpec) -> Look:
    records = [record for record in islice(read(source), ROWS) if record]
    if not records:
        raise DataError("the data file holds no rows", "", "Write one example a row.", str(source.path))
    fields = list({name: None for record in records for name in record.value})
    rows = [record.value for record in records if record.value]
    seen = _Seen(source, records)
    try:
        layout = understand(records, data.model_copy(update={"path": source.path}))
    except DataError as error:
        told = seen.told(None, {}, "", fields, text_columns(rows), authors(rows), str(error))
        first = [record.value for record in records if not record.fault][:LOOKED_AT]
        asks, answers = candidates(first, "prompt"), candidates(first, "completion")
        return told._replace(asks=asks, answers=answers, people=people(rows))
    used = {field: column for field, column in layout.items() if column in fields}
    rest = [name for name in fields if name not in used.values()]
    return seen.told(layout.format.name, used, layout.guessed, rest, text_columns(rows), [], "")


class _Seen:
    """Rows and the numbers about them."""

    def __init__(self, source: Source, records: Sequence[Record]):
        self.source, self.records = source, records

    def told(
        self, format: str | None, columns: dict[str, str], guessed: str, fields: list[str], texts: list[str],
        candidates: list[str], problem: str,
    ) -> Look:  # fmt: skip
        sound = [record for record in self.records if record.messages and not record.fault]
        faulty = [record for record in self.records if record.fault]
        answers = [record.messages[-1]["content"] for record in sound]
        labels = _labels(answers)
        shares = Counter(sign for record in sound for sign in signs_of(record.messages))
        signs = {sign: rows / len(sound) for sign, rows in shares.items()}
        words = round(median(len(answer.split()) for answer in answers)) if answers else 0
        return Look(
            format=format,
            columns=columns,
            guessed=guessed,
            rows_seen=len(self.records),
            task=_task(sound, bool(labels), format or ""),
            assistant_candidates=candidates,
            fields=fields,
            has_time=bool(sound) and all(record.time is not None for record in sound),
            groups=len({record.group for record in sound if record.group}),
            answers_are_labels=bool(labels),
            median_answer_words=words,
            faults=len(faulty),
            first_fault=_fault(self.source, faulty),
            texts=texts,
            labels=labels,
            signs=signs,
            answer_bytes=_most([len(answer.encode(errors="replace")) for answer in answers]),
            row_bytes=_most([_bytes(record) for record in sound]),
            problem=problem,
            asks=[],
            answers=[],
            people=[],
        )


def _labels(answers: Sequence[str]) -> list[str]:
    """The labels, the most frequent first; none where the answers are texts."""
    count = LabelCount()
    for answer in answers:
        count.add(answer)
    return list(count.found() or {})


def _task(sound: Sequence[Record], labels: bool, layout: str) -> str:
    """The task as it is guessed when the data is checked."""
    guess = TaskGuess()
    for record in sound:
        guess.add(record.messages[-2]["content"], record.messages[-1]["content"])
    return guess.found(labels, layout)


def _fault(source: Source, faulty: Sequence[Record]) -> str:
    if not faulty or not (fault := faulty[0].fault):
        return ""
    error: LuthierError = fault.error(faulty[0].place or source.where(faulty[0].number), way_out=False)
    return str(error)


def _bytes(record: Record) -> int:
    return sum(len(message["content"].encode(errors="replace")) for message in record.messages)


def _most(lengths: list[int]) -> int:
    """What 95 of 100 do not exceed."""
    return sorted(lengths)[int(0.95 * (len(lengths) - 1))] if lengths else 0
