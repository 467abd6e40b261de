"""A worker that was taken for dead must not write over the one that replaced it."""

from luthier.errors import AlreadyRunning
from luthier.run_folder import AttemptFolder, RunFolder


def check_fence(run: RunFolder, attempt: AttemptFolder) -> None:
    """Raises AlreadyRunning when a newer attempt works on this run."""
    newest = max(run.attempt_numbers(), default=attempt.number)
    if newest > attempt.number:
        raise AlreadyRunning(
            f"attempt {attempt.number} of {run.run_id} was superseded by attempt {newest}",
            "It was silent for too long, and another worker took over.",
            "Nothing needs to be done: the newer attempt finishes the run.",
        )
