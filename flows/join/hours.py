"""Hours of the week: `19:00-07:00,sat,sun` or `mon-fri 19:00-07:00`, by the wall clock of this machine."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from luthier.errors import SpecError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
PART = re.compile(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?)?\s*(?:(?P<start>\d\d?:\d\d)-(?P<end>\d\d?:\d\d))?", re.IGNORECASE
)


@dataclass(frozen=True)
class Window:
    """From `start` to `end`, minutes of the day, on each of `days` (0: Monday); over midnight where end is smaller."""

    days: frozenset[int]
    start: int
    end: int

    def has(self, day: int, minute: int) -> bool:
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or ((day - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True)
class Hours:
    """No windows: always."""

    windows: tuple[Window, ...]

    def open_at(self, now: datetime) -> bool:
        minute = now.hour * 60 + now.minute
        return not self.windows or any(window.has(now.weekday(), minute) for window in self.windows)

    def changes_at(self, now: datetime) -> datetime | None:
        """When they end, or begin, next; None where they never do."""
        minutes = (now.replace(second=0, microsecond=0) + timedelta(minutes=count) for count in range(1, 7 * DAY + 1))
        return next((minute for minute in minutes if self.open_at(minute) != self.open_at(now)), None)


def parse_hours(text: str) -> Hours:
    """Raises SpecError."""
    return Hours(tuple(_window(part.strip()) for part in text.split(",") if part.strip()))


def _window(text: str) -> Window:
    found = PART.fullmatch(text)
    if not found or not text:
        raise _unreadable(text)
    start, end = (_minute(found[name], text) for name in ("start", "end"))
    if start is None or end is None:
        start, end = 0, DAY
    if start in (end, DAY):
        raise _unreadable(text)
    return Window(_days(found["first"], found["last"], text), start, end)


def _days(first: str | None, last: str | None, text: str) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    try:
        begin, end = (DAYS.index(name.lower()) for name in (first, last or first))
    except ValueError:
        raise _unreadable(text) from None
    return frozenset((begin + count) % 7 for count in range((end - begin) % 7 + 1))


def _minute(text: str | None, part: str) -> int | None:
    if text is None:
        return None
    hour, minute = map(int, text.split(":"))
    if minute > 59 or hour * 60 + minute > DAY:
        raise _unreadable(part)
    return hour * 60 + minute


def _unreadable(text: str) -> SpecError:
    fix = "Write 19:00-07:00,sat,sun or mon-fri 19:00-07:00."
    return SpecError(f'cannot read the hours "{text}"', "", fix, "--hours")
