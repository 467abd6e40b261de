"""Which runs are wanted, and in which order."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from luthier.catalogue.reading import BROKEN
from luthier.catalogue.row import STATUSES, VERDICTS, Row
from luthier.catalogue.spec_summary import spec_text
from luthier.errors import NotFound
from luthier.run_folder import RunFolder
from luthier.settings import Settings

KEYS = ("project", "creator", "status", "verdict", "preset", "recipe", "base")
"""Texts of a row by which runs are chosen."""

FIXED = {"status": STATUSES, "verdict": VERDICTS}


class Wanted(NamedTuple):
    """What is empty wants all. `among`: for a key of KEYS the values that are wanted, in any case of letters."""

    among: Mapping[str, Sequence[str]] = {}
    since: datetime | None = None
    until: datetime | None = None
    min_change: float | None = None
    max_usd: float | None = None
    unstarted: bool = False

    def takes(self, row: Row) -> bool:
        return (
            (row.started or self.unstarted)
            and all(_among(row, key, values) for key, values in self.among.items())
            and (self.since is None or row.created >= self.since)
            and (self.until is None or row.created < self.until)
            and (self.min_change is None or (row.change is not None and row.change >= self.min_change))
            and (self.max_usd is None or (row.usd is not None and row.usd <= self.max_usd))
        )


def check_known(rows: Iterable[Row], among: Mapping[str, Sequence[str]]) -> None:
    """Raises NotFound for a value that no run has, with those that there are."""
    rows = list(rows)
    for key, values in among.items():
        there = {text for row in rows if (text := getattr(row, key))}
        known = sorted({*there, *FIXED.get(key, ())})
        for value in values:
            if value.casefold() not in {text.casefold() for text in known}:
                near = difflib.get_close_matches(value, known, n=1)
                meant = f"Did you mean {near[0]}? " if near else ""
                raise NotFound(
                    f"no run has {key} {value}", "", f"{meant}Known: {', '.join(known) or 'none'}.", f"--{key}"
                )


def searched(rows: Iterable[Row], text: str, settings: Settings) -> list[Row]:
    """The rows whose names, note or spec hold the text, in any case of letters."""
    text = text.casefold()
    return [row for row in rows if text in _text(row, settings).casefold()]


def ordered(rows: Iterable[Row], key: str, descending: bool = False) -> list[Row]:
    """By a field of the row; rows that lack it come last either way, equal ones keep their order."""
    rows = list(rows)
    known = [row for row in rows if getattr(row, key) not in (None, "")]
    lacking = [row for row in rows if getattr(row, key) in (None, "")]
    return [*sorted(known, key=lambda row: _comparable(getattr(row, key)), reverse=descending), *lacking]


def _among(row: Row, key: str, values: Sequence[str]) -> bool:
    return not values or (getattr(row, key) or "").casefold() in {value.casefold() for value in values}


def _comparable(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _text(row: Row, settings: Settings) -> str:
    try:
        spec = spec_text(RunFolder(settings.runs / row.run_id))
    except BROKEN:
        spec = ""
    return "\n".join((row.run_id, row.name, row.project, row.creator, row.recipe, row.note, spec))
