"""Whether this machine runs on its battery."""

import sys
from pathlib import Path

import psutil

SUPPLIES = Path("/sys/class/power_supply")
"""A folder for each battery and plug (Linux, Documentation/ABI/testing/sysfs-class-power)."""

PLUGS = ("Mains", "USB")


def on_battery() -> bool:
    """False where there is no battery, or the system does not tell."""
    if sys.platform == "linux":
        return _on_linux()
    battery = psutil.sensors_battery()
    return battery is not None and battery.power_plugged is False


def _on_linux() -> bool:
    """A plug that gives power decides; where the system knows of none, that a battery is being emptied."""
    supplies = [supply for supply in sorted(SUPPLIES.glob("*")) if _read(supply / "scope") != "Device"]
    plugs = [_read(supply / "online") for supply in supplies if _read(supply / "type") in PLUGS]
    batteries = [_read(supply / "status") for supply in supplies if _read(supply / "type") == "Battery"]
    return bool(batteries) and ("1" not in plugs if plugs else "Discharging" in batteries)


def _read(file: Path) -> str:
    """Empty where it is not there, or the driver gives an error."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""
