"""The last lines of a pod, as its log stream serves them."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from luthier.rehearsal.cloud.timing import Clock, date

Source = Literal["container", "system"]
KEPT = 5000
"""Lines kept of a pod; also the most that `tail` may ask for."""


@dataclass(frozen=True)
class Line:
    number: int
    ts: str
    source: Source
    text: str

    @property
    def id(self) -> str:
        return f"{self.ts}/{self.number}"


class LogRing:
    """Safe to write from one thread and to read from others."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._count = 0
        self._news = threading.Condition()

    def write(self, source: Source, text: str) -> None:
        with self._news:
            self._count += 1
            self._lines.append(Line(self._count, date(self._clock.now()), source, text))
            self._news.notify_all()

    def after(self, number: int) -> list[Line]:
        """Every kept line behind the one with this number."""
        with self._news:
            return [line for line in self._lines if line.number > number]

    def wait(self, number: int, seconds: float) -> None:
        """Until there is a line behind this one, but no longer than `seconds`."""
        with self._news:
            self._news.wait_for(lambda: self._count > number, seconds)
