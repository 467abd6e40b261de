"""A limit to the memory of a worker.

What it holds in main memory is looked at twice a second, and beyond the limit MemoryError is raised in the work. The
system's own limits do not fit: RLIMIT_AS counts addresses, of which torch reserves many times what it uses;
RLIMIT_DATA counts what was never touched and leaves out the weights that are mapped from files.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import psutil

from luthier.events import EventLog
from luthier.spec import ComputeSpec

GB = 1e9
IN_BACKGROUND = 0.5
"""Share of the machine's memory; of what is free another share would be chosen at each attempt."""

LOOK_S = 0.5
TOO_MUCH = signal.SIGUSR1

_most: float | None = None


def most_gb(compute: ComputeSpec) -> float | None:
    """The limit that the spec asks for on this machine; None for none."""
    if compute.max_memory_gb is None and compute.background:
        return psutil.virtual_memory().total * IN_BACKGROUND / GB
    return compute.max_memory_gb


def left_bytes() -> float:
    """What this process may still take; infinite without a limit."""
    return float("inf") if _most is None else max(_most - held_bytes(), 0)


def held_bytes() -> int:
    """Main memory that this process holds, files that are mapped into it included."""
    return psutil.Process().memory_info().rss


@contextmanager
def limited(gb: float | None, log: EventLog) -> Iterator[None]:
    """Raise MemoryError in the block, once, and say why, when this process holds more. Only for the main thread."""
    global _most
    if gb is None:
        yield
        return
    _most, over = gb * GB, threading.Event()

    def refuse(_number: int, _frame: FrameType | None) -> None:
        text = f"The worker holds {held_bytes() / GB:.1f} GB; compute.max_memory_gb allows {gb:.1f}."
        log.write("warning", text=text)
        raise MemoryError(text)

    before = signal.signal(TOO_MUCH, refuse)
    guard = threading.Thread(target=_guard, args=(_most, over), daemon=True)
    guard.start()
    try:
        yield
    finally:
        over.set()
        guard.join()
        signal.signal(TOO_MUCH, before)
        _most = None


def _guard(most: float, over: threading.Event) -> None:
    while not over.wait(LOOK_S):
        if held_bytes() > most:
            signal.raise_signal(TOO_MUCH)  # Python handles it in the main thread
            return
