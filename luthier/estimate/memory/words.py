"""Memory in lines for people, and for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from luthier.estimate.memory.fit import Fit

GB = 1e9
SHOWN = 0.005 * GB
"""Smaller parts are left out for people."""


def lines(found: Fit) -> Iterator[str]:
    """What it needs, term by term; and what to change where it does not fit."""
    need, place = found.need, found.place
    yield f"  Memory: {need.gb:.1f} GB while {need.doing}, of {place.room / GB:.1f} GB free on {place.name}"
    largest = sorted(need.parts.items(), key=lambda part: -part[1])
    yield "    " + ", ".join(f"{name} {_gb(bytes_)}" for name, bytes_ in largest if bytes_ >= SHOWN)
    if warning := memory_warning(found):
        yield f"  warning: {warning}"


def memory_warning(found: Fit) -> str:
    """What, why and what to do; empty where it fits."""
    if found.fits:
        return ""
    need, place, change = found.need, found.place, found.change
    what = f"It does not fit in the memory that is free on {place.name}: it needs {need.gb:.1f} GB, "
    why = f"and {place.room / GB:.1f} GB are free."
    if change is None:
        return f"{what}{why} No single change makes it fit: take a smaller model.base."
    rented = "compute.provider: runpod and " if change.key == "compute.gpu" else ""
    value = str(change.value).lower() if isinstance(change.value, bool) else change.value
    return f"{what}{why} Set {rented}{change.key}: {value}, which needs {change.needed_gb:.1f} GB."


def as_json(found: Fit) -> dict[str, Any]:
    """{needed_gb, free_gb, fits, place, doing, parts, change: {key, value, needed_gb} or null}; GB are 10⁹ bytes."""
    change = found.change
    return {
        "needed_gb": round(found.need.gb, 2),
        "free_gb": round(found.place.room / GB, 2),
        "fits": found.fits,
        "place": found.place.name,
        "doing": found.need.doing,
        "parts": {name: round(bytes_ / GB, 3) for name, bytes_ in found.need.parts.items()},
        "change": asdict(change) | {"needed_gb": round(change.needed_gb, 2)} if change else None,
    }


def _gb(bytes_: float) -> str:
    return f"{bytes_ / GB:.1f}" if bytes_ >= 0.05 * GB else f"{bytes_ / GB:.2f}"
