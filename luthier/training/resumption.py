"""Whether a checkpoint is the middle of this very training, and what changes where it goes on."""

from pathlib import Path
from typing import Any, Literal

from luthier.errors import WorkerFailed
from luthier.events import EventLog
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec, TrainingSpec
from luthier.spec_file import load_spec
from luthier.training import checkpoints
from luthier.training.checkpoints import Checkpoint

FIX = "Put back what was changed, or start a new run with --again."


def is_of_other_engine(resume_from: Path, engine: Literal["trl", "mlx"]) -> bool:
    """Whether another engine wrote the checkpoint, by its manifest alone; one that is torn is refused later."""
    manifest = resume_from / checkpoints.MANIFEST
    try:
        return checkpoints.parse_manifest(manifest.read_bytes())["engine"] != engine
    except (OSError, checkpoints.Torn):
        return False


def open_again(spec: RunSpec, run: RunFolder) -> RunSpec:
    """The spec with what one engine measured as it was asked for, so that another can measure it."""
    asked = load_spec(run.asked).training if run.asked.exists() else TrainingSpec()
    opened = {key: getattr(asked, key) for key in checkpoints.ROUNDING}
    return spec.model_copy(update={"training": spec.training.model_copy(update=opened)})


def refuse_other_training(
    resume_from: Path, identity: dict[str, Any], log: EventLog, engine: Literal["trl", "mlx"]
) -> None:
    """Raises WorkerFailed when the checkpoint is torn or of another training; tells what changes its rounding."""
    try:
        checkpoint = checkpoints.verify(resume_from)
        checkpoints.check_fingerprint(checkpoint, identity)
    except checkpoints.Torn as torn:
        raise _no_use(resume_from, str(torn)) from None
    if checkpoint.engine != engine:
        _tell_other_engine(checkpoint, identity, log, engine)
        return
    _tell_differences(checkpoint, identity, log)


def _tell_differences(checkpoint: Checkpoint, identity: dict[str, Any], log: EventLog) -> None:
    """How a step is cut was told with the change itself; the number of processes is known here first."""
    step, there = checkpoint.step, checkpoint.fingerprint
    for key in sorted(checkpoints.ROUNDING):
        if there.get(key) != identity.get(key):
            text = f"training.{key} was {there.get(key)} and is {identity.get(key)} from step {step} on"
            log.write("warning", text=f"{text}: the last digits differ from those of an undisturbed run.")
    for key, usual in checkpoints.ALONE.items():
        old, new = there.get(key, usual), identity.get(key, usual)
        if old != new:
            text = f"compute.{key} was {old} and is {new} from step {step} on: the last digits and what dropout drops "
            text += "differ from those of an undisturbed run."
            log.write("warning", step=step, key=f"compute.{key}", old=old, new=new, text=text)


def _tell_other_engine(
    checkpoint: Checkpoint, identity: dict[str, Any], log: EventLog, engine: Literal["trl", "mlx"]
) -> None:
    """Raises WorkerFailed where the two engines hold the base in other numbers."""
    if identity["method"] == "qlora":
        why = f"{checkpoint.engine} wrote it, and {engine} holds the base in other 4-bit numbers"
        raise _no_use(checkpoint.path, why)
    log.write(
        "warning",
        step=checkpoint.step,
        key="training.engine",
        old=checkpoint.engine,
        new=engine,
        text=f"Engine {checkpoint.engine} trained until step {checkpoint.step}, {engine} goes on. Weights, optimizer, "
        "schedule, data and log are the same; arithmetic and dropout are not, so that from here on the numbers are no "
        "longer those of an undisturbed run.",
    )


def _no_use(path: Path, why: str) -> WorkerFailed:
    return WorkerFailed("training cannot go on from this checkpoint", why, FIX, str(path))
