"""Exported WhatsApp chats: one row a message."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from luthier.data.reading.lines import Line
from luthier.data.reading.texts.block import block, is_blank, text_of
from luthier.data.record import Fault, Record

_MARKS = "\u200e\u200f\u202a\u202c\ufeff"
_TIME = r"(\d{1,4})([./-])(\d{1,2})[./-](\d{1,4}),?\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\s*([AaPp])\.?\s?[Mm]\.?)?"
_HEAD = re.compile(rf"(?:\[{_TIME}\]|{_TIME}\s+[-–])\s+(.*)", re.DOTALL)
_SAID = re.compile(r"([^:\n]{1,100}):(?:\s(.*)|$)", re.DOTALL)


def looks_like(sample: list[Line]) -> bool:
    """The first line is the beginning of a message, and another one or all there is."""
    filled = [line for line in sample if not is_blank(line)]
    heads = [_head(line) is not None for line in filled]
    return bool(heads) and heads[0] and (sum(heads) > 1 or len(heads) == 1)


def read(lines: Iterable[Line], days_first: bool | None) -> Iterator[Record | None]:
    """Rows {time, author, text}. What WhatsApp says itself ("… added …") has no author and counts as blank.

    `days_first`: whether the file's dates begin with the day; None where no date tells.
    """
    message: list[Line] = []
    for line in lines:
        if _head(line) is not None and message:
            yield _row(message, days_first)
            message = []
        message.append(line)
    if message:
        yield _row(message, days_first)


def days_first(lines: Iterable[Line]) -> bool | None:
    """Whether dates begin with the day, from the first date that can be read only one way."""
    for line in lines:
        if head := _head(line):
            one, sign, two = head[0], head[1], head[2]
            if int(one) > 12 or sign == ".":
                return True
            if int(two) > 12:
                return False
    return None


def _head(line: Line) -> tuple[str, ...] | None:
    """The eight parts of the time and the rest of the line."""
    found = _HEAD.match(line.text.lstrip(_MARKS))
    if not found:
        return None
    parts = found.groups()
    time = parts[:8] if parts[0] is not None else parts[8:16]
    return (*(part or "" for part in time), parts[16])


def _row(lines: list[Line], days_first: bool | None) -> Record | None:
    head = _head(lines[0])
    if head is None:
        what, fix = "these lines stand before the first message", "Take them out"
        return block(lines, {}, Fault("no_message", what, "A message begins with its time and its author", fix))
    said = _SAID.match(head[8].lstrip(_MARKS))
    if not said:
        return None
    first = (said.group(2) or "").lstrip(_MARKS)
    rest = text_of(lines[1:])
    text = "\n".join(part for part in (first, rest) if part)
    try:
        time = _time(head, days_first).isoformat()
    except ValueError as error:
        return block(lines, {}, Fault("bad_time", f"this is no time: {error}", "", "Mend it"))
    return block(lines, {"time": time, "author": said.group(1).strip(_MARKS + " ~"), "text": text})


def _time(head: tuple[str, ...], days_first: bool | None) -> datetime:
    one, _, two, three, hour, minute, second, half = head[:8]
    if len(one) == 4:
        year, month, day = int(one), int(two), int(three)
    else:
        year = int(three) + (2000 if int(three) < 100 else 0)
        as_days = days_first if days_first is not None else not half  # those who write AM and PM write months first
        if int(one) > 12 or int(two) > 12:
            as_days = int(one) > 12
        day, month = (int(one), int(two)) if as_days else (int(two), int(one))
    hours = int(hour) % 12 + 12 * (half in "Pp") if half else int(hour)
    return datetime(year, month, day, hours, int(minute), int(second or 0))
