"""The pass over the files: each row read, understood, screened, counted and put on disk, some hundreds at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from luthier.data.chat_remarks import ChatRemarks
from luthier.data.faults import Faults
from luthier.data.formats.assemble import conversations
from luthier.data.quarantine import Quarantine
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.data.screen import Screen
from luthier.data.store import RowStore
from luthier.data.tokens import count_tokens
from luthier.data_spec import DataSpec
from luthier.errors import LuthierError
from luthier.events import Event

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CHUNK = 500
"""Rows in memory at once."""


class Intake:
    """What was read: counts, and the sources as they were understood. Rows go to `store`, or to `quarantine`, or both.

    Faulty ones go to both: the gate has to see that they are there.
    """

    def __init__(self, data: DataSpec, store: RowStore, quarantine: Quarantine):
        self.data, self.store, self.quarantine = data, store, quarantine
        self.screen = Screen(data)
        self.remarks = ChatRemarks()
        self.faults = Faults(way_out=data.on_bad_rows == "refuse")
        self.read = self.blank = self.unwanted = self.sound = 0
        self._last, self._part = (-1, 0), 1
        self.sources: list[dict[str, Any]] = []
        self.skipped: list[str] = []

    def take(self, sources: Sequence[Source], tokenizer: "PreTrainedTokenizerBase", max_length: int) -> Iterator[Event]:
        """Raises DataError for faults of a file as a whole, SpecError, ModelError."""
        for number, source in enumerate(sources):
            before = self.read
            layout, records = conversations(source, self.data)
            columns: dict[str, str] = {}
            told = {
                "name": source.name,
                "format": layout.format.name,
                "columns": columns,
                "guessed": layout.guessed,
                "note": layout.note,
                "weight": source.weight,
                "read": 0,
            }
            self.sources.append(told)
            for chunk in _chunks(records):
                self._chunk(number, source, chunk, tokenizer, max_length)
                columns |= _columns(layout, chunk)
                told["read"] = self.read - before
                yield {"kind": "progress", "done": self.read, "total": 0, "text": "rows", "unit": "rows"}
        self.screen.wanted.check_fields()

    def _chunk(
        self, number: int, source: Source, chunk: Sequence[Record | None],
        tokenizer: "PreTrainedTokenizerBase", max_length: int,
    ) -> None:  # fmt: skip
        rows = [record for record in chunk if record]
        for record in rows:
            self._number_parts(number, record)
        self.read += len(chunk)
        self.blank += len(chunk) - len(rows)
        kept = [record for record in rows if not self._unwanted(source, record)]
        count_tokens([record for record in kept if not record.fault], tokenizer, max_length)
        for record in kept:
            if record.fault:
                place = record.place or source.where(record.number)
                self.faults.add(source.name, record.number, place, record.fault)
                self.quarantine.add(source.name, record.number, record.fault.code, record.fault.what, record.raw)
        sound = [record for record in kept if not record.fault]
        self.sound += len(sound)
        self.remarks.see(sound, tokenizer)
        self.store.add(number, kept)

    def _number_parts(self, source: int, record: Record) -> None:
        key = (source, record.number)
        self._part = self._part + 1 if key == self._last else 1
        self._last, record.part = key, self._part

    def _unwanted(self, source: Source, record: Record) -> bool:
        """Whether the spec does not want this row, which is set aside then."""
        reason = None if record.fault else self.screen(record)
        if reason:
            self.unwanted += 1
            self.quarantine.add(source.name, record.number, *reason, record.raw)
        return reason is not None


def _chunks(records: Iterable[Record | None]) -> Iterator[list[Record | None]]:
    """Also the rows before an error of the file, which is raised after them: they have faults of their own to tell."""
    chunk: list[Record | None] = []
    try:
        for record in records:
            chunk.append(record)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    except LuthierError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _columns(layout: Any, chunk: Sequence[Record | None]) -> dict[str, str]:
    """The layout's columns that these rows have."""
    there = {name for record in chunk if record for name in record.value}
    return {field: column for field, column in layout.items() if column in there}
