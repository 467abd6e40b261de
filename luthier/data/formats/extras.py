"""What a row holds besides its conversation: further fields, its time, its group."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from luthier.data.formats.layout import Layout
from luthier.data.formats.names import GROUP, TIME, key
from luthier.data.formats.table import EVERYWHERE
from luthier.data.formats.times import days_first, moment
from luthier.data.record import Record

DEPTH, FIELDS, LONGEST, LONGEST_NAME = 3, 50, 200, 100
LARGEST_INT = 2**63
HOISTED = ("metadata", "meta")
"""Objects whose fields count as the row's own."""


def flat(value: Mapping[str, Any], without: Iterable[str] = ()) -> dict[str, Any]:
    """The scalars of a row, nested ones under dotted names."""
    found: dict[str, Any] = {}
    for name, scalar in _scalars(value, "", DEPTH, frozenset(without)):
        found.setdefault(name, scalar)
        if len(found) == FIELDS:
            break
    return found


def _scalars(
    value: Mapping[str, Any], prefix: str, depth: int, without: frozenset[str]
) -> Iterator[tuple[str, Any]]:  # fmt: skip
    for name, each in value.items():
        if name in without or each is None or not isinstance(name, str) or len(name) > LONGEST_NAME:
            continue
        if not isinstance(each, dict):
            if (scalar := _scalar(each)) is not None:
                yield prefix + name, scalar
        elif name in HOISTED and not prefix:
            yield from _scalars(each, prefix, depth, without)
        elif depth > 1:
            yield from _scalars(each, f"{prefix}{name}.", depth - 1, without=frozenset())


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value if 0 < len(value) <= LONGEST else None
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < LARGEST_INT else str(value)[:LONGEST]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else None


class Extras:
    """Which of a file's columns are time and group is seen from its first rows."""

    def __init__(self, layout: Layout, first: Iterable[Mapping[str, Any]]):
        self.used = frozenset(column for field, column in layout.items() if field not in EVERYWHERE)
        rows = [flat(row, self.used) for row in first]
        names = list(dict.fromkeys(name for row in rows for name in row))
        self.group = layout.get("group") or _first(GROUP, names)
        self.time = layout.get("time") or self._time(rows, names)
        self.day_first = days_first(row.get(self.time) for row in rows) if self.time else False

    @staticmethod
    def _time(rows: list[dict[str, Any]], names: list[str]) -> str | None:
        """The likeliest name under which a time is found."""
        for wanted in TIME:
            name = _first([wanted], names)
            if name and any(moment(row.get(name)) is not None for row in rows):
                return name
        return None

    def fill(self, record: Record) -> None:
        """What the layout itself put into the meta data stays."""
        found = flat(record.value, self.used)
        record.meta = found | record.meta
        if self.time and record.time is None:
            record.time = moment(self._value(record, self.time, found), self.day_first)
        if self.group and not record.group:
            record.group = group_name(self._value(record, self.group, found))

    def time_in(self, value: Mapping[str, Any]) -> float | None:
        """The time of an object that is a part of a row."""
        if not self.time:
            return None
        return moment(value[self.time] if self.time in value else flat(value).get(self.time), self.day_first)

    @staticmethod
    def _value(record: Record, name: str, found: dict[str, Any]) -> Any:
        return record.value[name] if name in record.value else found.get(name)


def group_name(value: Any) -> str:
    """ "" for none."""
    if isinstance(value, float) and value.is_integer():  # a column of numbers with gaps comes as floats
        value = int(value)
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _first(wanted: Iterable[str], names: list[str]) -> str | None:
    spelt = {key(name): name for name in names if "." not in name}
    return next((spelt[name] for name in wanted if name in spelt), None)
