"""validate-data: the gate. Bad data fails at once; trying again would not mend it."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.states import State

from luthier.run import Run
from luthier.validation import validate
from tasks import artifacts
from tasks.stage import drain, run_stage
from tasks.watch import Watcher


@task(name="validate-data", cache_policy=NO_CACHE)
def validate_data(run: Run) -> State[None]:
    """Read, inspect, gate and split the data; writes `data/`. Raises DataError or Problems when it is refused."""
    return run_stage(run, "validate-data", lambda watcher: _work(run, watcher))


def _work(run: Run, watcher: Watcher) -> dict[str, Any]:
    try:
        found = drain(validate(run), watcher)
    finally:
        if run.folder.page.exists():
            address = run.folder.page.as_uri()
            artifacts.link(f"data-{run.folder.run_id}", address, "Data page", "What was read, kept and set aside")
    splits = found["splits"]
    watcher.say(
        f"{found['accepted']} rows accepted, {found['quarantined']} set aside; "
        f"{splits['train']} train, {splits['validation']} validation, {splits['test']} test"
    )
    artifacts.table(
        f"data-counts-{run.folder.run_id}",
        [{name: found[name] for name in ("read", "accepted", "quarantined", "blank")} | splits],
        "Rows",
    )
    return found
