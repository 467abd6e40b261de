"""Standing still while a person needs the machine."""

import time
from collections.abc import Callable

from luthier.background.busy import Busy
from luthier.background.heat import hot
from luthier.background.power import on_battery
from luthier.events import EventLog

LOOK_S = 5.0
"""Between two looks at the machine; a burst that is shorter is nobody at work."""

CALM_S = 20.0
"""Nobody must have needed the machine for so long, which is more than one look, before the work goes on."""

ASK_S = 0.2


class Pauses:
    """Called between two pieces of work: returns at once, or when the machine is free again.

    asked: whether this worker is to leave, which ends a pause too. Each pause is told as `paused` and `continued`.
    """

    def __init__(self, log: EventLog, asked: Callable[[], bool]):
        self.log, self.asked = log, asked
        self.busy, self.looked = Busy(), time.monotonic()

    def __call__(self) -> None:
        due = time.monotonic() - self.looked >= LOOK_S and not self.asked()
        if due and (reason := self._look()):
            self._stand_still(reason)

    def _look(self) -> str:
        """Who or what needs the machine; empty when nobody does."""
        busy = self.busy()
        self.looked = time.monotonic()
        if on_battery():
            return "on battery"
        if hot():
            return "the machine is hot"
        return "other programs need the processor" if busy else ""

    def _stand_still(self, reason: str) -> None:
        began = needed = time.monotonic()
        self.log.write("paused", reason=reason)
        while not self.asked() and time.monotonic() - needed < CALM_S:
            time.sleep(ASK_S)
            if time.monotonic() - self.looked >= LOOK_S and (found := self._look()):
                needed = time.monotonic()
                if found != reason:
                    self.log.write("paused", reason=found)
                reason = found
        self.log.write("continued", reason=reason, seconds=round(time.monotonic() - began, 1))
