"""`data.where`: which rows to keep, by their further fields."""

import difflib
import operator
from collections.abc import Mapping
from typing import Any

from luthier.errors import SpecError

SHOWN = 10
"""Values of a field in a message."""

_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


class Wanted:
    def __init__(self, where: Mapping[str, Any]):
        self._tests = {field: _test(field, wanted) for field, wanted in where.items()}
        self._values: dict[str, set[str]] = {field: set() for field in where}
        self._fields: set[str] = set()

    def refuses(self, meta: Mapping[str, Any]) -> str:
        """Why the row is not wanted; "" when it is."""
        if self._tests:
            self._fields |= meta.keys()
        for field, (test, words) in self._tests.items():
            if field in meta and len(self._values[field]) < SHOWN:
                self._values[field].add(str(meta[field])[:40])
            if not test(meta.get(field)):
                return f"filtered: {field} is {meta.get(field)!r}, not {words}"[:200]
        return ""

    def check_fields(self) -> None:
        """Raises SpecError for a field that no row had: a misspelt one would have kept nothing."""
        for field in sorted(set(self._tests) - self._fields):
            known = ", ".join(sorted(self._fields)[:20]) or "none"
            near = difflib.get_close_matches(field.casefold(), [each.casefold() for each in self._fields], n=1)
            meant = [each for each in self._fields if [each.casefold()] == near]
            fix = f"Did you mean {meant[0]}? " if meant else ""
            raise SpecError(f'no row has a field "{field}"', "", f"{fix}Fields: {known}.", f"data.where.{field}")

    def values(self) -> str:
        """Some values of the fields asked for, for people."""
        return "; ".join(f"{field}: {', '.join(sorted(found))}" for field, found in self._values.items())


def _test(field: str, wanted: Any) -> tuple[Any, str]:
    if isinstance(wanted, list):
        return (lambda value: any(_equal(value, each) for each in wanted)), f"one of {wanted}"
    if isinstance(wanted, str) and wanted.startswith("!="):
        other = wanted.removeprefix("!=").strip()
        return (lambda value: not _equal(value, other)), wanted
    if isinstance(wanted, str):
        for sign, compare in _OPERATORS.items():
            if wanted.startswith(sign):
                return _comparison(field, wanted.removeprefix(sign).strip(), compare), wanted
    return (lambda value: _equal(value, wanted)), repr(wanted)


def _comparison(field: str, limit: str, compare: Any) -> Any:
    """Numbers as numbers; a text, such as a date, by its letters."""
    try:
        number = float(limit)
    except ValueError:
        return lambda value: isinstance(value, str) and compare(value, limit)
    return lambda value: _number(value) is not None and compare(_number(value), number)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return None


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) or isinstance(wanted, str):
        return str(value).casefold() == str(wanted).casefold()
    return bool(value == wanted and isinstance(value, bool) == isinstance(wanted, bool))
