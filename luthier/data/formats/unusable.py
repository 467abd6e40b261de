"""Faults on their way up, and those that every layout knows."""

from collections.abc import Mapping
from typing import Any

from luthier.data.reading.json_row import kind
from luthier.data.record import Fault


class Unusable(Exception):
    """Carries the fault of a row out of the depth where it is seen."""

    def __init__(self, fault: Fault):
        super().__init__(fault.what)
        self.fault = fault


def missing(row: Mapping[str, Any], column: str, fix: str = "Add the field") -> Unusable:
    why = f"Each row needs it to learn from; this one has: {', '.join(list(row)[:8])[:120] or 'no fields'}"
    return Unusable(Fault("missing_field", f'missing "{column}"', why, fix, column))


def not_a_text(field: str, value: Any, quoted: bool = True) -> Unusable:
    what = f'"{field}" is {kind(value)}; expected a text' if quoted else f"{field} is {kind(value)}; expected a text"
    return Unusable(Fault("not_a_text", what, "", "Write it as a text in quotes", field))


def text_of(row: Mapping[str, Any], column: str) -> str:
    """The text of a column that has to be there."""
    if column not in row:
        raise missing(row, column)
    value = row[column]
    if not isinstance(value, str):
        raise not_a_text(column, value)
    if not value.strip():
        why = "There is nothing to learn from an empty text"
        raise Unusable(Fault("empty_text", f'"{column}" is empty', why, "Fill it in or take the row out", column))
    return value


def optional_text(row: Mapping[str, Any], column: str | None) -> str:
    """The text of a field that may be missing, null or blank."""
    value = row.get(column) if column else None
    if column is None or value is None or (isinstance(value, str) and not value.strip()):
        return ""
    return text_of(row, column)
