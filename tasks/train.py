"""train: attempts from the newest whole checkpoint until one reaches the end."""

from pathlib import Path
from typing import Any

from prefect import get_run_logger, task
from prefect.states import State

from luthier.errors import LuthierError
from luthier.failures.cause import Change
from luthier.run import Run
from tasks.checkpoint_resume import adapter_files, checkpoint_resume
from tasks.memory import cut_smaller, smaller
from tasks.stage import run_stage
from tasks.watch import Watcher
from tasks.work import RETRIED, attempt


@task(name="train", **RETRIED)
def train(run: Run) -> State[None]:
    """Train the adapter; writes `checkpoints/` and `adapter/`. A worker's death is retried from its checkpoint,
    one for want of memory in smaller pieces."""
    _forget_damaged_adapter(run)
    return run_stage(run, "train", lambda watcher: _work(run, watcher))


def _forget_damaged_adapter(run: Run) -> None:
    """A finished training whose adapter was changed since is not finished: its last checkpoint rebuilds it."""
    done = run.completed("train")
    if done and done["adapter_files"] != adapter_files(run):
        get_run_logger().warning(f"{run.folder.adapter} was changed; it is rebuilt from the last checkpoint")
        run.folder.marker("train").unlink()


def _work(run: Run, watcher: Watcher) -> dict[str, Any]:
    result = _trained(run, watcher)
    watcher.copy_metrics()
    watcher.say(f"{result['steps']} steps, best at step {result['best_step']}")
    return result | {"adapter_files": adapter_files(run)}


def _trained(run: Run, watcher: Watcher) -> dict[str, Any]:
    """The worker's result; one that wanted memory is followed by one that needs less.

    A change comes again where it was undone: each attempt that goes on from another engine's checkpoint measures anew.
    """
    found, tried = checkpoint_resume(run), list[Change]()
    while True:
        resume_from = Path(found["path"]) if found["path"] else None  # in a pod it finds its own
        try:
            return attempt(run, "train", watcher, lambda step=found["step"]: step, resume_from)
        except LuthierError as error:
            change = smaller(run, error)
            if change is None or change in tried:
                raise
            tried.append(change)
            found = checkpoint_resume(run)
            cut_smaller(run, change, found["step"], error, watcher)
