"""Train again when the data of a spec have changed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.runtime import flow_run
from prefect.states import Completed, State

from flows.flow_runs import started_by
from flows.hooks import tell_end
from flows.submission import in_line, submit
from luthier.places import flow_run_page
from luthier.run import Run, open_run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.spec_file import load_spec
from luthier.stages import run_id
from luthier.status import standing


def run_name() -> str:
    """The spec may still be as somebody wrote it."""
    given = flow_run.parameters["spec"]
    spec = RunSpec.model_validate(given) if isinstance(given, dict) else given
    return f"nightly · {spec.name if isinstance(spec, RunSpec) else Path(spec).name}"


@flow(
    name="nightly",
    flow_run_name=run_name,
    description="Train again when the data of a spec have changed.",
    on_failure=[tell_end],
    on_crashed=[tell_end],
)
def nightly(spec: Path | RunSpec) -> State[Any]:
    """Put a run in line for the data as they are now, unless there is one. A query is asked anew.

    Args:
        spec: The spec's file, which is read each time; or the spec itself.
    """
    asked = spec if isinstance(spec, RunSpec) else load_spec(spec)
    run = _run_of_today(asked, Settings())
    with get_client(sync_client=True) as client:
        name, told = _reason_not_to(client, run) or ("Started", _start(client, run))
    get_run_logger().info(told)
    return Completed(name=name, message=told)


def _run_of_today(asked: RunSpec, settings: Settings) -> Run:
    """The run of the data as they are; once in line it may wait, so it takes a query's answer of tonight."""
    fresh = asked.model_copy(update={"data": asked.data.model_copy(update={"refresh_hours": 0})})
    run = open_run(fresh, settings)
    data = run.asked.data.model_copy(update={"refresh_hours": asked.data.refresh_hours})
    return replace(run, asked=run.asked.model_copy(update={"data": data}))


def _reason_not_to(client: SyncPrefectClient, run: Run) -> tuple[str, str] | None:
    """A state's name and a sentence, where nothing is to be started.

    A run that failed or crashed goes on where it stopped; one that a person stopped stays so until they start it.
    """
    if done := _complete(run):
        return "Unchanged", f"The data are unchanged since {done}."
    if run.folder.is_held() or in_line(client, run.folder.run_id):
        return "Under way", f"{run.folder.run_id} is in line, under way, or waits for approval."
    if (standing(run.folder) or {}).get("state") == "cancelled":
        return "Cancelled before", f"{run.folder.run_id} was cancelled; to go on with it, submit its spec."
    return None


def _complete(run: Run) -> str | None:
    """Id of a complete run of this spec with these data, be it the first or one of --again."""
    first = run_id(run.asked, run.data_sha256)
    folders = (RunFolder(path) for path in sorted(run.settings.runs.glob(f"{first}*")))
    return next((each.run_id for each in folders if replace(run, folder=each).completed("report")), None)


def _start(client: SyncPrefectClient, run: Run) -> str:
    started = submit(client, run, started_by()[0])
    page = flow_run_page(str(client.api_url), str(started.id))
    return f"The data are new or not done with: {run.folder.run_id} is in line, {page}"
