"""What became of each row: where it stands, whether it is kept, what it repeats."""

from collections.abc import Mapping, Sequence

import numpy as np

from luthier.data.inspection.duplicates import Duplicates
from luthier.data.reading.source import Source
from luthier.data.store import RowStore


class Standing:
    """Rows are meant by their numbers in the store, from 0. `sound` are those without a fault, as inspection saw them.

    `aside` holds those that were set aside without being faulty, each with a code and a reason.
    """

    def __init__(self, store: RowStore, sources: Sequence[Source]):
        self.sources = sources
        self._source = np.array(store.column("source"), dtype=np.int32)
        self._number = np.array(store.column("number"), dtype=np.int64)
        self._parts = {row: part for row, part in enumerate(store.column("part")) if part > 1}
        self._places = {row: place for row, place in enumerate(store.column("place")) if place}
        self.accepted = np.array([fault is None for fault in store.column("fault")], dtype=bool)
        self.sound = np.flatnonzero(self.accepted)
        self._position = np.full(store.rows, -1, dtype=np.int64)
        self._position[self.sound] = np.arange(len(self.sound))
        self.aside: dict[int, tuple[str, str]] = {}
        self.found: Duplicates | None = None

    @property
    def kept(self) -> np.ndarray:
        """The rows that are accepted, by their place among the sound ones."""
        return np.flatnonzero(self.accepted[self.sound])

    def source(self, row: int) -> Source:
        return self.sources[self._source[row]]

    def number(self, row: int) -> int:
        return int(self._number[row])

    def place(self, row: int) -> str:
        """For people: `data.jsonl:47`."""
        part = f", part {self._parts[row]}" if row in self._parts else ""
        return (self._places.get(row) or self.source(row).where(self.number(row))) + part

    def id(self, row: int) -> str:
        """The row's number, behind its file's name where there are several files."""
        number = str(self.number(row)) + (f".{self._parts[row]}" if row in self._parts else "")
        return number if len(self.sources) == 1 else f"{self.source(row).name}:{number}"

    def set_aside(self, code: str, reasons: Mapping[int, str]) -> None:
        """Rows that are set aside already stay as they are."""
        for row, reason in reasons.items():
            if self.accepted[row]:
                self.accepted[row] = False
                self.aside[row] = (code, reason)

    def repeated(self, row: int, other: int) -> str:
        """`duplicate of line 3`; the whole place where that is in another file."""
        source = self.source(other)
        if source is self.source(row) and other not in self._places:
            return f"duplicate of {source.unit} {self.number(other)}"
        return f"duplicate of {self.place(other)}"

    def repeats(self, row: int) -> str | None:
        """exact or near, where an earlier row says the same."""
        if self.found is None:
            return None
        at = self._position[row]
        return "exact" if self.found.exact[at] >= 0 else "near" if self.found.near[at] >= 0 else None

    def first(self, row: int) -> int:
        """The earlier row that this one repeats."""
        assert self.found is not None
        at = self._position[row]
        return int(self.sound[max(self.found.exact[at], self.found.near[at])])

    def conflicting(self, row: int) -> bool | None:
        return bool(self.found.conflicting[self._position[row]]) if self.found else None
