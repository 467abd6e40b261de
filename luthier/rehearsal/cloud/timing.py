"""The cloud's clock, and how slow the cloud is."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class Timing:
    """Delays that processes feel, in real seconds, whatever the speed of the clock.

    pull_s: from the rent to the container. restart_s: from a container's exit to its next start. image_fails_s: until
    a pod whose image cannot be had is stopped. stop_grace_s: SIGTERM to SIGKILL when a user stops or terminates.
    stale_s: for how long a stopped pod still shows its old runtime. visibility_lag_s: for how long a new pod is not
    found. linger_s: for how long a terminated one still is.
    """

    pull_s: float = 0.2
    restart_s: float = 0.5
    image_fails_s: float = 0.5
    stop_grace_s: float = 5
    stale_s: float = 1
    visibility_lag_s: float = 0
    linger_s: float = 0


class Clock:
    """Seconds since 1970 that pass `speed` times as fast as ours: for dates, uptimes and the bill."""

    def __init__(self, speed: float = 1):
        self.speed = speed
        self._began, self._start = time.time(), time.monotonic()
        self._skipped = 0.0

    def now(self) -> float:
        return self._began + self._skipped + (time.monotonic() - self._start) * self.speed

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._skipped += seconds


def date(moment: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> float:
    """Seconds since 1970 of an ISO date. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def spoken(moment: float) -> str:
    """A date as it ends RunPod's `lastStatusChange`."""
    return time.strftime("%a %b %d %Y %H:%M:%S GMT+0000", time.gmtime(moment))
