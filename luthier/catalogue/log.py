"""A run's event log for readers: tolerant of what a killed writer or another hand left in it, and filtered."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from luthier.events import Event, LineTail
from luthier.stages import JOBS

STAGE_OF_JOB = {job: stage for stage, job in JOBS.items()}
"""A worker's job, where the stage that it works for has another name."""


class Wanted(NamedTuple):
    """Which events; what is empty wants all."""

    kinds: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    stage: str = ""
    attempt: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""

    def takes(self, event: Event) -> bool:
        at = event["time"]
        return (
            (event["kind"] in self.kinds if self.kinds else event["kind"] not in self.hidden)
            and (not self.stage or event.get("during") == self.stage)
            and (self.attempt is None or event.get("attempt") == self.attempt)
            and (self.since is None or at >= self.since.timestamp())
            and (self.until is None or at < self.until.timestamp())
            and (not self.search or self.search.casefold() in _text(event).casefold())
        )


class LogReader:
    """Reads what was added since the last look; each event gets `during`, the stage that was under way."""

    def __init__(self, path: Path):
        self.lines, self.during = LineTail(path), ""
        self.unreadable = 0
        """Lines that were passed over."""

    def new(self) -> Iterator[Event]:
        for line in self.lines.new():
            event = _event(line)
            if event is None:
                self.unreadable += bool(line.strip())
            else:
                yield self._placed(event)

    def _placed(self, event: Event) -> Event:
        kind, state = event["kind"], event.get("state")
        if kind == "stage":
            during = str(event.get("stage", ""))
            self.during = during if state == "started" else ""
        elif kind == "interrupted":
            job = str(event.get("stage", ""))
            during = STAGE_OF_JOB.get(job, job)
        else:
            if kind in ("started", "ended"):
                self.during = ""
            during = self.during
        return event | {"during": during} if during else event


def read_log(path: Path) -> list[Event]:
    """Every readable event of a log, the oldest first."""
    return list(LogReader(path).new())


def kinds_of(events: Iterable[Event]) -> set[str]:
    return {event["kind"] for event in events}


def _event(line: bytes) -> Event | None:
    try:
        event: Any = orjson.loads(line)
    except ValueError:
        return None
    right = isinstance(event, dict) and isinstance(event.get("kind"), str)
    return event if right and isinstance(event.get("time"), int | float) else None


def _text(event: Event) -> str:
    return " ".join(str(value) for name, value in event.items() if name != "time")
