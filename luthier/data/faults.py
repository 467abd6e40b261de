"""The faults of rows, counted by kind, the first of each kind kept for people."""

from collections import Counter
from typing import Any

from luthier.data.findings import told
from luthier.data.personal.protect import hidden
from luthier.data.record import Fault
from luthier.errors import DataError, LuthierError

SHOWN = 20
"""Rows of one kind in a message."""

KEPT = 1000
"""Rows of one kind in validation.json; the quarantine file has them all."""


class Faults:
    def __init__(self, way_out: bool):
        """`way_out`: name the setting that sets such rows aside."""
        self.way_out = way_out
        self.counts: Counter[str] = Counter()
        self._kept: dict[str, list[tuple[dict[str, Any], LuthierError]]] = {}

    def __len__(self) -> int:
        return self.counts.total()

    def add(self, file: str, number: int, place: str, fault: Fault) -> None:
        self.counts[fault.code] += 1
        kept = self._kept.setdefault(fault.code, [])
        if len(kept) < KEPT:
            error = hide(fault).error(place, self.way_out)
            kept.append((told(file, number, fault.field, fault.code, str(error)), error))

    def problems(self) -> list[LuthierError]:
        """The first of each kind, and how many more there are."""
        found: list[LuthierError] = []
        for code, kept in self._kept.items():
            found += [error for _, error in kept[:SHOWN]]
            if (more := self.counts[code] - SHOWN) > 0:
                found.append(DataError(_more(more, code)))
        return found

    def entries(self) -> list[dict[str, Any]]:
        """For validation.json."""
        found = []
        for code, kept in self._kept.items():
            found += [entry for entry, _ in kept]
            if (more := self.counts[code] - KEPT) > 0:
                found.append(told(kept[0][0]["file"], None, "", code, _more(more, code)))
        return found


def hide(fault: Fault) -> Fault:
    """A fault may quote what stands in the row."""
    return fault._replace(what=hidden(fault.what), why=hidden(fault.why), field=hidden(fault.field))


def _more(count: int, code: str) -> str:
    return f"… and {count:,} more of this kind ({code}), see quarantine.jsonl"
