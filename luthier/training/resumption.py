"""Whether a checkpoint is the middle of this very training."""

from pathlib import Path
from typing import Any

from luthier.errors import WorkerFailed
from luthier.events import EventLog
from luthier.training import checkpoints


def refuse_other_training(resume_from: Path, identity: dict[str, Any], log: EventLog) -> None:
    """Raises WorkerFailed when the checkpoint is torn or of another training; tells what changes its rounding."""
    try:
        checkpoint = checkpoints.verify(resume_from)
        checkpoints.check_fingerprint(checkpoint, identity)
    except checkpoints.Torn as torn:
        raise WorkerFailed(
            "training cannot go on from this checkpoint",
            str(torn),
            "Put back what was changed, or start a new run with --again.",
            str(resume_from),
        ) from None
    for key in sorted(checkpoints.ROUNDING):
        if (before := checkpoint.fingerprint.get(key)) != identity[key]:
            text = f"training.{key} was {before} and is {identity[key]} from step {checkpoint.step} on"
            log.write("warning", text=f"{text}: the last digits differ from those of an undisturbed run.")
