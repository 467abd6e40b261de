"""Whether a person keeps this machine busy: the processor time of everybody else."""

import contextlib
import os
import time
from collections.abc import Callable
from typing import NamedTuple

import psutil

BUSY = 0.25
"""Share of all cores that others take when somebody is busy: a video call rather than an editor, which the low
priority serves well enough."""

CALM = 0.12
"""Share below which the person is done; lower than BUSY, so that a load in between changes nothing."""


class Used(NamedTuple):
    """Processor seconds since the machine, and since each of our processes, started. nice: at low priority."""

    at: float
    user: float
    nice: float
    system: float
    own_user: float
    own_system: float


def used() -> Used:
    machine, (own_user, own_system) = psutil.cpu_times(), _own()
    return Used(time.monotonic(), machine.user, machine.nice, machine.system, own_user, own_system)


class Busy:
    """True from the call at which others took more than BUSY of the cores until they take CALM or less.

    Each call looks at the time since the one before.
    """

    def __init__(self, used: Callable[[], Used] = used):
        self.used, self.before, self.busy = used, used(), False

    def __call__(self) -> bool:
        now = self.used()
        self.busy = share_of_others(self.before, now) > (CALM if self.busy else BUSY)
        self.before = now
        return self.busy


def share_of_others(before: Used, now: Used) -> float:
    """Share of all cores that processes other than ours took between two looks.

    Linux counts what runs at low priority apart, ours and that of others, who are in the background too and no person.
    macOS counts it with the rest.
    """
    spent = Used(*(after - earlier for earlier, after in zip(before, now, strict=True)))
    ours = spent.own_system + max(spent.own_user - spent.nice, 0)
    cores = psutil.cpu_count() or 1
    return max(spent.user + spent.system - ours, 0) / (cores * spent.at) if spent.at > 0 else 0.0


def _own() -> tuple[float, float]:
    """User and system seconds of this process and of all that it started."""
    mine = os.times()
    user, system = mine.user + mine.children_user, mine.system + mine.children_system
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times = child.cpu_times()
            user, system = user + times.user, system + times.system
    return user, system
