"""Standing far back in line for the processor and the disk."""

import contextlib
import os
import sys
from pathlib import Path

import psutil

NICE = 10
"""A tenth of what a program of usual priority gets (Linux, sched(7)): a person hardly feels it before the pause, and
a worker that is asked to leave still saves its state in time, as it would not at 19."""

LAST_ON_DISK = 7

GROUP = Path("/proc/self/autogroup")
"""Linux may share the processor between sessions first; niceness counts only within one then."""


def lower() -> None:
    """For the thread that calls and those it starts on Linux, for the whole process on macOS.

    Every system has a priority for the processor; for the disk only Linux's is set.
    """
    me = psutil.Process()
    me.nice(NICE)
    if sys.platform == "linux":
        me.ionice(psutil.IOPRIO_CLASS_BE, LAST_ON_DISK)
        if os.getsid(0) == os.getpid():  # else the session is somebody else's too
            with contextlib.suppress(OSError):
                GROUP.write_text(str(NICE))
