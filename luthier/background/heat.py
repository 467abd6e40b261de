"""Whether this machine is slowed down because it is hot: macOS tells it, of others nothing is known."""

import re
import subprocess
import sys

INTEL = ("pmset", "-g", "therm")
"""Tells `CPU_Speed_Limit`, in per cent, on an Intel Mac once it was slowed down; on Apple silicon never."""

APPLE_SILICON = ("notifyutil", "-g", "com.apple.system.thermalpressurelevel")
"""0 nominal, 1 moderate, 2 heavy, 3 trapping, 4 sleeping (OSThermalNotification.h)."""

HEAVY = 2
"""ProcessInfo calls it serious. Moderate is what any long computation comes to, and costs little speed."""


def hot() -> bool:
    if sys.platform != "darwin":
        return False
    return slowed(_told(*INTEL)) or pressed(_told(*APPLE_SILICON))


def slowed(told: str) -> bool:
    """By what `pmset` tells; not slowed where it has nothing on record."""
    limit = re.search(r"CPU_Speed_Limit\s*=\s*(\d+)", told)
    return limit is not None and int(limit[1]) < 100


def pressed(told: str) -> bool:
    """By what `notifyutil` tells: the name, then the level."""
    level = re.search(r"(\d+)\s*$", told)
    return level is not None and int(level[1]) >= HEAVY


def _told(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
