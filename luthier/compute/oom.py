"""Whether the kernel's out-of-memory killer was at work: its counter, read before and after."""

from pathlib import Path

COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))
"""Of this container, where the system keeps one for it; else of the whole machine."""


def kills() -> int:
    """Processes that the kernel has ended so far because memory ran out; 0 where it does not tell."""
    for counter in COUNTERS:
        if counter.exists():
            told = dict(line.split() for line in counter.read_text().splitlines())
            return int(told.get("oom_kill", 0))
    return 0
