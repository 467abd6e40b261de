"""Messages of a table, gathered to conversations."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from luthier.data.formats.authors import Authors, role_by_name
from luthier.data.formats.dialogue import dialogue
from luthier.data.formats.extras import flat
from luthier.data.formats.layout import Layout
from luthier.data.formats.misfit import with_hint
from luthier.data.formats.reading import Reading
from luthier.data.formats.structure import check_structure
from luthier.data.formats.times import days_first, moment
from luthier.data.formats.unusable import Unusable
from luthier.data.record import Record

GAP = 6 * 3600
"""Seconds of silence after which a new conversation begins where none is named."""


class Entry(NamedTuple):
    """One message. `alias`: another name of its author; `when`: its time as the file writes it."""

    record: Record
    author: str
    text: str
    when: Any = None
    group: str = ""
    alias: str = ""
    time: float | None = None


def threads(
    reading: Reading, rows: Iterable[Record | None], entry_of: Callable[[Record], Entry | None]
) -> Iterator[Record | None]:
    """A record a conversation, and one for each row that is faulty by itself; None for a row that says nothing.

    The messages of the file are held in memory: those of a conversation may lie anywhere in it.
    Raises DataError and SpecError as `Authors` does.
    """
    entries: list[Entry] = []
    for record in rows:
        entry = _entry(record, entry_of, reading.layout) if record and not record.fault else None
        if entry:
            entries.append(entry)
        else:
            yield record if record and record.fault else None
    counts = Counter(entry.author for entry in entries)
    names = {entry.alias: entry.author for entry in entries if entry.alias}
    authors = Authors(counts, _spelt(reading.data.assistant, names), reading.source.path, reading.is_all)
    for thread in _gathered(_timed(entries)):
        yield _conversation(reading, thread, authors)


def _entry(record: Record, entry_of: Callable[[Record], Entry | None], layout: Layout) -> Entry | None:
    try:
        return entry_of(record)
    except Unusable as error:
        record.fault = with_hint(error.fault, record.value, layout)
        return None


def _spelt(assistant: str | None, names: dict[str, str]) -> str | None:
    """With authors' aliases replaced by their names."""
    by_alias = {alias.casefold(): name for alias, name in names.items()}
    return assistant and ",".join(by_alias.get(each.strip().casefold(), each) for each in assistant.split(","))


def _timed(entries: list[Entry]) -> list[Entry]:
    day_first = days_first(entry.when for entry in entries)
    return [entry._replace(time=moment(entry.when, day_first)) for entry in entries]


def _gathered(entries: list[Entry]) -> list[list[Entry]]:
    """By their group, in the order in which the groups begin; those of none are parted where nobody speaks for long."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.group, []).append(entry)
    loose = _parted(groups.pop("", []))
    return sorted([*map(_in_order, groups.values()), *loose], key=_number)


def _in_order(entries: list[Entry]) -> list[Entry]:
    """By time; one without stays behind the one it follows."""
    last = float("-inf")
    keys = []
    for entry in entries:
        last = entry.time if entry.time is not None else last
        keys.append(last)
    return [entries[at] for at in sorted(range(len(entries)), key=keys.__getitem__)]


def _parted(entries: list[Entry]) -> list[list[Entry]]:
    """Where nobody speaks for long; without times, where a system prompt begins another conversation."""
    parts: list[list[Entry]] = []
    last: float | None = None
    for entry in _in_order(entries):
        silent = last is not None and entry.time is not None and entry.time - last > GAP
        begun = entry.time is None and role_by_name(entry.author) == "system"
        if not parts or silent or begun:
            parts.append([])
        parts[-1].append(entry)
        last = entry.time if entry.time is not None else last
    return parts


def _number(entries: list[Entry]) -> int:
    return min(entry.record.number for entry in entries)


def _conversation(reading: Reading, entries: list[Entry], authors: Authors) -> Record:
    rows = sorted((entry.record for entry in entries), key=lambda row: row.number)
    first = rows[0]
    record = Record(first.number, b"\n".join(row.raw for row in rows), first.value, group=entries[0].group)
    record.place = reading.source.where(first.number)
    record.time = next((entry.time for entry in entries if entry.time is not None), None)
    record.meta = flat(first.value, reading.extras.used)
    try:
        record.messages = dialogue(record, [(authors.role(each.author), each.text) for each in entries])
    except Unusable as error:
        record.fault = error.fault
    else:
        check_structure(record)
    return record
