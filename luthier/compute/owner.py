"""One home at a time works on a run in the storage."""

import time
from typing import Any

from luthier.compute.orders import Remote
from luthier.errors import AlreadyRunning

RENEW_S = 60
SETTLE_S = 1.0
GONE_AFTER_S = 600
"""A home that was silent for so long is gone; another one may take its run over."""


class Owner:
    """This home's claim, kept in the run's owner.json. Homes compare clocks, so they have to be right to minutes."""

    def __init__(self, remote: Remote, home: str):
        self.remote, self.home = remote, home
        self.key = f"{remote.root}/owner.json"
        self.renewed = 0.0

    def claim(self) -> None:
        """Raises AlreadyRunning when another home works on this run."""
        before = self.remote.get_json(self.key)
        self._refuse(self._other_in(before))
        self.remote.put_json(self.key, {"home": self.home, "time": time.time()})
        self.renewed = time.monotonic()
        if before is None or before["home"] != self.home:  # of two that came at once, the later one has it
            time.sleep(SETTLE_S)
            self._refuse(self.other())

    def _refuse(self, other: dict[str, Any] | None) -> None:
        if other:
            raise AlreadyRunning(
                f"another home works on run {self.remote.run_id} in this storage",
                f"It showed itself {time.time() - other['time']:.0f} s ago.",
                f"Wait until it ends, or take another storage; {GONE_AFTER_S // 60} minutes after its last sign this "
                "home may take the run over.",
                "luthier.toml: storage",
            )

    def keep(self) -> None:
        """Show that this home is still there. Raises AlreadyRunning when it was silent and another took over."""
        if time.monotonic() - self.renewed > RENEW_S:
            self.claim()

    def other(self) -> dict[str, Any] | None:
        """The last sign of another home that works on this run: {home, time}; else None."""
        return self._other_in(self.remote.get_json(self.key))

    def _other_in(self, found: dict[str, Any] | None) -> dict[str, Any] | None:
        gone = found is None or found["home"] == self.home or time.time() - found["time"] >= GONE_AFTER_S
        return None if gone else found
