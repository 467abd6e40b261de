"""What every stage does: nothing if it is done, else its work, then the completion marker."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from prefect.states import Completed, State

from luthier.events import Event
from luthier.history import RunHistory
from luthier.run import Run
from tasks.watch import Watcher

Summary = dict[str, Any]


def run_stage(run: Run, stage: str, work: Callable[[Watcher], Summary]) -> State[None]:
    """Run `work` unless the run's folder says that this stage is complete; its summary goes into the marker.

    The marker in the folder is the only truth about completion (not Prefect's result cache): it moves
    with the run, and it survives a lost Prefect database. Prefect is shown a state named Cached.
    """
    if run.completed(stage) is not None:
        return Completed(name="Cached", message="The stage was finished before")
    history = RunHistory(run.folder)
    history.tell("stage", stage=stage, state="started")
    started = time.monotonic()
    with Watcher(stage, run) as watcher:
        summary = work(watcher)
    seconds = round(time.monotonic() - started, 2)
    history.tell("stage", stage=stage, state="finished", seconds=seconds)
    run.folder.complete(stage, run.key(stage), summary, seconds)
    return Completed(message=f"{stage} took {seconds} s")


def drain(events: Iterator[Event], watcher: Watcher) -> Summary:
    """Show every event; returns the result that the last one carries, if it does."""
    result: Summary = {}
    for event in events:
        watcher.show(event)
        if event["kind"] == "finished":
            result = event["result"]
    return result
