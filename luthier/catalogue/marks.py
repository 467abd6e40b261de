"""What a run's event log tells of its spells of work, without reading every line of it."""

import re
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import orjson

from luthier.events import Event

KINDS = re.compile(rb'"kind":"(?:started|ended|interrupted)"')
"""Within a text of an event the quotes would be escaped."""


class Marks(NamedTuple):
    """seconds: of work, from each start to its end or, where it was killed, to its last sign of life."""

    seconds: float | None
    interruptions: int


def marks(log: Path) -> Marks:
    """Raises ValueError where the log is no log. A torn last line is left out."""
    content = log.read_bytes() if log.exists() else b""
    content = content[: content.rfind(b"\n") + 1]
    found = [_line(content, match.start()) for match in KINDS.finditer(content)]
    spells = [(start, event) for start, event in found if event["kind"] != "interrupted"]
    worked = [
        _end(content, after) - event["time"]
        for (_, event), after in zip_longest(spells, spells[1:])
        if event["kind"] == "started"
    ]
    return Marks(sum(max(took, 0.0) for took in worked) if worked else None, len(found) - len(spells))


def _end(content: bytes, after: tuple[int, Event] | None) -> float:
    """When a spell ended that this mark follows, or none: by the mark, or by the last line before it."""
    if after and after[1]["kind"] == "ended":
        return after[1]["time"]
    return _line(content, (after[0] if after else len(content)) - 1)[1]["time"]


def _line(content: bytes, within: int) -> tuple[int, Event]:
    """Where the line begins that holds this byte, and what it says."""
    start = content.rfind(b"\n", 0, within) + 1
    return start, orjson.loads(content[start : content.index(b"\n", within)])
