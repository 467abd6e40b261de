"""Moments as files write them, in seconds since 1970."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

_DAY = re.compile(r"^\s*(\d{1,2})([/.-])(\d{1,2})\2\d{2,4}\b")
_DATED = re.compile(r"\d{4}|\d[/.-]\d{1,2}[/.-]\d")
_NUMBER = re.compile(r"^\s*\d{9,19}(\.\d+)?\s*$")
EARLIEST, LATEST = 1e8, 1e10
"""1973 to 2286: other numbers are no times."""


def moment(value: Any, day_first: bool = False) -> float | None:
    """ISO 8601, seconds or parts of them since 1970, RFC 2822, and dates as people write them; without a zone, UTC.

    `day_first`: 3/4/2024 is in April. 3.4.2024 always is.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _since_1970(value)
    if isinstance(value, datetime):
        return _seconds(value)
    if not isinstance(value, str) or len(value) > 60:
        return None
    if _NUMBER.match(value):
        return _since_1970(float(value))
    return _written(value.strip(), day_first)


def _since_1970(number: float) -> float | None:
    if not math.isfinite(number):
        return None
    for part in (1, 1e3, 1e6, 1e9):
        if EARLIEST <= number / part < LATEST:
            return number / part
    return None


def _written(text: str, day_first: bool) -> float | None:
    if not _DATED.search(text):  # "12", "May": the parser would make a date of today's year of them
        return None
    try:
        return _seconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError, OSError):
        pass
    from dateutil import parser

    day = _DAY.match(text)
    try:
        return _seconds(parser.parse(text, dayfirst=day_first or bool(day and day[2] == ".")))
    except (ValueError, OverflowError, OSError, TypeError, AttributeError, IndexError):  # what it raises for noise
        return None


def _seconds(time: datetime) -> float:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def days_first(values: Iterable[Any]) -> bool:
    """Whether some date proves that days stand before months: 25/12/2024."""
    return any(isinstance(value, str) and (day := _DAY.match(value)) and int(day[1]) > 12 for value in values)
