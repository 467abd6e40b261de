"""What a run's event log tells of its spells of work, without reading every line of it."""

import re
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
    ends = [*(start for start, _ in spells[1:]), len(content)]
    worked = [
        _sign_before(content, end) - event["time"]
        for (_, event), end in zip(spells, ends, strict=False)
        if event["kind"] == "started"
    ]
    return Marks(sum(max(took, 0.0) for took in worked) if worked else None, len(found) - len(spells))


def _line(content: bytes, within: int) -> tuple[int, Event]:
    """Where the line begins that holds this byte, and what it says."""
    start = content.rfind(b"\n", 0, within) + 1
    return start, orjson.loads(content[start : content.index(b"\n", within)])


def _sign_before(content: bytes, end: int) -> float:
    """Time of the last line before this byte."""
    return _line(content, end - 1)[1]["time"]
