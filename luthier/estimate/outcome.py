"""The estimate that was kept when the work began, against what the run took."""

from typing import Any

from luthier.history import paused_s
from luthier.run_folder import RunFolder
from luthier.storage import read_json

ESTIMATED = ("baseline-eval", "train", "eval")
"""Stages that an estimate speaks of; the others run here and cost seconds."""


def outcome(run: RunFolder, duration: dict[str, float]) -> dict[str, Any] | None:
    """{seconds, usd, basis, actual_seconds, off}; off = actual / likely - 1, so 0.2 is 20 % longer than likely.

    Pauses are not foreseen, and not counted. duration: seconds of each stage. None where no estimate was kept.
    """
    if not run.estimate.exists():
        return None
    kept = read_json(run.estimate)
    actual = sum(duration.get(stage, 0.0) for stage in ESTIMATED) - paused_s(run)
    likely = kept["seconds"]["likely"]
    told = {name: kept[name] for name in ("machine", "basis", "seconds", "usd")}
    return told | {"actual_seconds": round(actual, 1), "off": round(actual / likely - 1, 3) if likely else None}
