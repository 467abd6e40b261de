"""Points in time on the command line: a date, a date and time, or how long ago."""

import re
from datetime import datetime, timedelta
from typing import Any

import click

AGO = re.compile(r"(\d+)\s*([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class When(click.ParamType):
    """Gives an aware datetime; times without a zone are local. `end`: a bare date means the end of that day."""

    name = "when"

    def __init__(self, end: bool = False):
        self.end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = value.strip()
        try:
            if ago := AGO.fullmatch(text):
                return datetime.now().astimezone() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
            when = datetime.fromisoformat(text).astimezone()
        except (ValueError, OverflowError):
            self.fail(f"cannot read {value!r}; write 2026-11-25, 2026-11-25T14:00, 7d, 12h or 30m", param, ctx)
        return when + timedelta(days=1) if self.end and DATE.fullmatch(text) else when


def local(when: datetime | float | str | None, seconds: bool = False) -> str:
    """For people, in local time; empty where it is not known."""
    if when is None:
        return ""
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    elif not isinstance(when, datetime):
        when = datetime.fromtimestamp(when)
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def lasted(seconds: float | None) -> str:
    """45 s, 12 min, 3.4 h."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
