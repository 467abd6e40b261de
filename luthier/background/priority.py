"""Standing last in line for the processor and the disk."""

import sys

import psutil

LOWEST = 19


def lower() -> None:
    """For the thread that calls and those it starts on Linux, for the whole process on macOS.

    Every system has a priority for the processor; for the disk only Linux's is set.
    """
    me = psutil.Process()
    me.nice(LOWEST)
    if sys.platform == "linux":
        me.ionice(psutil.IOPRIO_CLASS_IDLE)
