"""One home at a time works on a run in the storage."""

import os
import platform
import time
from typing import Any

from luthier.compute.orders import Remote
from luthier.errors import AlreadyRunning

RENEW_S = 30
SETTLE_S = 1.0
LOOK_S = 3.0
GONE_AFTER_S = 300
"""A home that was silent for so long is gone; another one may take its run over."""


class Owner:
    """This home's claim, kept in the run's owner.json. Homes compare clocks, so they have to be right to a minute."""

    def __init__(self, remote: Remote, home: str):
        self.remote, self.home = remote, home
        self.key = f"{remote.root}/owner.json"
        self.renewed = 0.0

    def claim(self) -> None:
        """Raises AlreadyRunning when another home works on this run."""
        before = self.remote.get_json(self.key)
        self._refuse(self._other_in(before))
        here = {"machine": platform.node(), "process": os.getpid()}
        self.remote.put_json(self.key, {"home": self.home, "time": time.time(), **here})
        self.renewed = time.monotonic()
        if before is None or before["home"] != self.home:  # of two that came at once, the later one has it
            time.sleep(SETTLE_S)
            self.check()

    def claim_when_gone(self) -> None:
        """As claim; another home's sign is watched until it is renewed (AlreadyRunning) or too old to count."""
        first = self.other()
        while first is not None and self.other() == first:
            time.sleep(LOOK_S)
        self.claim()

    def check(self) -> None:
        """Raises AlreadyRunning when another home has taken the run over."""
        self._refuse(self.other())

    def _refuse(self, other: dict[str, Any] | None) -> None:
        if other:
            who = f"Process {other['process']} on {other['machine']}" if "machine" in other else "It"
            raise AlreadyRunning(
                f"another home works on run {self.remote.run_id} in this storage",
                f"{who} showed itself {time.time() - other['time']:.0f} s ago.",
                f"Wait until it ends, or take another storage; {GONE_AFTER_S // 60} minutes after its last sign this "
                "home may take the run over.",
                "luthier.toml: storage",
            )

    def keep(self) -> None:
        """Show that this home is still there. Raises AlreadyRunning when it was silent and another took over."""
        if time.monotonic() - self.renewed > RENEW_S:
            self.claim()

    def release(self) -> None:
        """Nobody has to wait for this home any more."""
        if self.other() is None:
            self.remote.bucket.delete(self.key)

    def other(self) -> dict[str, Any] | None:
        """The last sign of another home that works on this run: {home, time, machine, process}; else None."""
        return self._other_in(self.remote.get_json(self.key))

    def _other_in(self, found: dict[str, Any] | None) -> dict[str, Any] | None:
        gone = found is None or found["home"] == self.home or time.time() - found["time"] >= GONE_AFTER_S
        return None if gone else found
