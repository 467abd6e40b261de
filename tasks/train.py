"""train: attempts from the newest whole checkpoint until one reaches the end."""

from pathlib import Path
from typing import Any

from prefect import get_run_logger, task
from prefect.states import State

from luthier.run import Run
from tasks.checkpoint_resume import adapter_files, checkpoint_resume
from tasks.stage import run_stage
from tasks.watch import Watcher
from tasks.work import RETRIED, attempt


@task(name="train", **RETRIED)
def train(run: Run) -> State[None]:
    """Train the adapter; writes `checkpoints/` and `adapter/`. A worker's death is retried from its checkpoint."""
    _forget_damaged_adapter(run)
    return run_stage(run, "train", lambda watcher: _work(run, watcher))


def _forget_damaged_adapter(run: Run) -> None:
    """A finished training whose adapter was changed since is not finished: its last checkpoint rebuilds it."""
    done = run.completed("train")
    if done and done["adapter_files"] != adapter_files(run):
        get_run_logger().warning(f"{run.folder.adapter} was changed; it is rebuilt from the last checkpoint")
        run.folder.marker("train").unlink()


def _work(run: Run, watcher: Watcher) -> dict[str, Any]:
    found = checkpoint_resume(run)
    resume_from = Path(found["path"]) if found["path"] else None  # in a pod it finds its own
    result = attempt(run, "train", watcher, lambda: found["step"], resume_from)
    watcher.copy_metrics()
    watcher.say(f"{result['steps']} steps, best at step {result['best_step']}")
    return result | {"adapter_files": adapter_files(run)}
