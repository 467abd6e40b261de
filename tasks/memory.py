"""What is done about a training that ran out of memory: the same steps in smaller pieces, from its checkpoint on."""

from luthier.errors import LuthierError, OutOfMemory
from luthier.failures.cause import Change
from luthier.failures.causes.memory import wants_memory
from luthier.failures.changes import longest_row
from luthier.failures.evidence import evidence_of
from luthier.failures.pieces import changed, smaller_pieces
from luthier.history import RunHistory
from luthier.run import Run
from luthier.spec_file import save_spec
from tasks.watch import Watcher


def smaller(run: Run, error: LuthierError) -> Change | None:
    """What the next attempt does with less memory; None where that was not wanting, or nothing is left to try."""
    if not wants_memory(evidence_of(run.folder, error)):
        return None
    training = run.spec.training
    return smaller_pieces(training, longest_row(run.folder, training))


def cut_smaller(run: Run, change: Change, step: int, error: LuthierError, watcher: Watcher) -> None:
    """Let every later attempt go by `change`; that equality bit for bit ends at `step` is told for the report."""
    history, attempt, spec = RunHistory(run.folder), max(run.folder.attempt_numbers()), run.spec
    if isinstance(error, OutOfMemory):  # any other end of a worker is told already
        history.interrupted("train", attempt, f"{error.what}. {error.why}", excused=True, error="OutOfMemory")
    old = getattr(spec.training, change.key.removeprefix("training."))
    history.cut(attempt, step, change.key, old, change.value, excused=True)
    save_spec(spec.model_copy(update={"training": changed(spec.training, change)}), run.folder.spec)
    watcher.say(f"memory ran out: from step {step} on {change.key} is {change.value} instead of {old}")
