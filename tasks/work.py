"""One attempt of a worker, as a task sees it: numbered, watched, and stopped after no progress."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run

from luthier.compute.job import Kind, attempts_without_progress, new_job
from luthier.compute.supervise import supervise
from luthier.errors import LuthierError, NoProgress
from luthier.run import Run
from luthier.spec import ComputeSpec
from luthier.storage import read_jsonl
from tasks.pods import hours_needed, is_rented, rented_pods
from tasks.stage import drain
from tasks.watch import Watcher

STUCK_AFTER = 3
"""Attempts in a row without a new checkpoint or answer after which it is given up."""


def answers_done(folder: Path) -> int:
    """Answers that an evaluation has finished, whichever attempt did them."""
    return len(read_jsonl(folder / "partial.jsonl"))


def worth_retrying(_task: Task[..., Any], _task_run: TaskRun, state: State[Any]) -> bool:
    """Only what says of itself that another attempt can help: a worker that vanished."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, LuthierError) and error.retryable


RETRIED: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "retry_condition_fn": worth_retrying,
}
"""Options of a task whose worker may die; the flow adds those of `retries`."""


def retries(compute: ComputeSpec) -> dict[str, Any]:
    """How often and how soon a task is tried again; pods that are not to be had are waited for within an attempt."""
    jitter = {} if compute.provider == "local" else {"retry_jitter_factor": 0.3}
    return {"retries": compute.max_attempts - 1, "retry_delay_seconds": [0.5, 1, 2, 5], **jitter}


def attempt(
    run: Run, kind: Kind, watcher: Watcher, progress: Callable[[], int], resume_from: Path | None = None
) -> dict[str, Any]:
    """Run one worker to its end and return its result.

    progress tells how far the work has come; resume_from is for this machine, a pod finds its own. Raises NoProgress
    when the last attempts of this flow run all began at the same point, WorkerDied (to be retried), or the worker's
    own error.
    """
    here = f"{flow_run.id}/{flow_run.run_count}"  # a retried flow run gets fresh attempts
    rented = rented_pods(run) if is_rented(run) else None
    if rented:
        rented.catch_up()
    mark = progress()
    _refuse_if_stuck(run, kind, here, mark)
    if rented:
        events = rented.work(kind, mark, here, hours_needed(run))
    else:
        job = new_job(run.folder, kind, run.settings.models, resume_from=resume_from, progress=mark, flow_run=here)
        events = supervise(job, run.spec.compute.threads)
    with closing(events):
        return drain(events, watcher)


def _refuse_if_stuck(run: Run, kind: Kind, flow_run: str, mark: int) -> None:
    stuck = attempts_without_progress(run.folder, kind, flow_run, mark)
    if stuck >= STUCK_AFTER:
        raise NoProgress(
            f"the {kind} worker died {stuck} times in a row at the same point",
            "Another attempt would most likely end the same way.",
            f"Read {run.folder.attempts}/*/log.txt for the cause, mend it, and start the run again: it continues.",
        )
