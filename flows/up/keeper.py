"""Keeping services up: one that ended, or does not answer for a while, is started again, after a growing pause."""

import time

from flows.cli.common import say
from flows.server import ServerError
from flows.up.service import Kept

START_WITHIN_S = 180
SILENT_S = 60
"""So long a service may not answer before it is taken for stuck: under load, some answer late."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
CALM_S = 300
"""After so long without a fault the next one counts as the first."""


class Keeper:
    """Watches one service; call `look` every few seconds."""

    def __init__(self, service: Kept):
        self.service = service
        self.pause = FIRST_PAUSE_S
        self.not_before = 0.0
        self._begun()

    def look(self) -> None:
        now = time.monotonic()
        alive = self.service.alive()
        if alive and self.service.answers():
            self.silent_from = now + SILENT_S
            self.pause = FIRST_PAUSE_S if now > self.not_before + CALM_S else self.pause
        elif (not alive or now > self.silent_from) and now >= self.not_before:
            self._again("does not answer" if alive else "has ended")

    def wait(self) -> None:
        """Until it answers for the first time. Raises ServerError."""
        while self.service.alive() and time.monotonic() < self.silent_from:
            if self.service.answers():
                return
            time.sleep(0.5)
        raise ServerError(f"{self.service.name} did not start", "", f"Its log: {self.service.log}")

    def _again(self, what: str) -> None:
        say(f"{self.service.name} {what}; starting it again. Its log: {self.service.log}")
        self.service.start()
        self._begun()
        self.not_before = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE_S)

    def _begun(self) -> None:
        self.silent_from = time.monotonic() + START_WITHIN_S
