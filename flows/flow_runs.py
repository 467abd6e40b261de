"""The flow run that works on a run: how to find it, and what to show of one whose process is gone."""

from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.context import get_run_context
from prefect.settings import get_current_settings
from prefect.states import Crashed

from luthier import status
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.storage import read_json, write_json

RUNNING: dict[str, Any] = {"state": {"type": {"any_": ["RUNNING"]}}}

CREATOR = "creator:"
"""What a flow run's tag that names its creator begins with."""

RUN = "run:"
"""What a flow run's tag that names its run begins with; flows/submission.py finds it by that."""


def name_of(spec: RunSpec) -> str:
    """What lists of flow runs say: project, recipe, name, preset."""
    return " · ".join(filter(None, (spec.project.name, spec.recipe, spec.name, spec.training.preset)))


def is_deployed() -> bool:
    """Whether a worker started this process. It waits for its turn at a run: the one before it may live on alone."""
    return get_run_context().flow_run.deployment_id is not None


def started_by() -> tuple[str, status.How]:
    """Who asked for the flow run that this process works on, and how. Prefect's UI does not know who uses it."""
    flow_run = get_run_context().flow_run
    if flow_run.auto_scheduled:
        return "schedule", "schedule"
    named = next((tag.removeprefix(CREATOR) for tag in sorted(flow_run.tags) if tag.startswith(CREATOR)), None)
    if flow_run.deployment_id is None:
        return named or status.account(), "terminal"
    return named or "Prefect UI", "prefect"


def introduce(run: Run) -> None:
    """Note in the run's folder which flow run works on it; call while the run is locked.

    The flow run gets the tags of its run, project and creator (its tasks do not: a tag costs each of them a second).
    The one before it is shown as crashed if it still counts as running: nobody else can hold the lock.
    """
    flow_run = get_run_context().flow_run
    tags = {f"{RUN}{run.folder.run_id}", f"project:{run.spec.project.name}", f"{CREATOR}{started_by()[0]}"}
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, tags={*flow_run.tags, *tags})
        if (before := worked_on_by(run.folder)) not in (None, str(flow_run.id)):
            crash(client, before, "Its process is gone; another flow run goes on with its work")
    found = {"prefect_flow_run_id": str(flow_run.id), "prefect_api_url": str(get_current_settings().api.url)}
    write_json(run.folder.root / "prefect.json", found)


def worked_on_by(run: RunFolder) -> str | None:
    """Id of the flow run that was the last to work on it."""
    record = run.root / "prefect.json"
    return read_json(record)["prefect_flow_run_id"] if record.exists() else None


def runs_of(settings: Settings, flow_run_id: str) -> list[RunFolder]:
    """The run folders that this flow run was the last to work on."""
    runs = (RunFolder(path.parent) for path in settings.runs.glob("*/prefect.json"))
    return [run for run in runs if worked_on_by(run) == flow_run_id]


def crash(client: SyncPrefectClient, flow_run_id: str, why: str) -> str | None:
    """Show a flow run whose process is gone as crashed; its name, or None where it does not count as running."""
    which = FlowRunFilter.model_validate({"id": {"any_": [flow_run_id]}, **RUNNING})
    for flow_run in client.read_flow_runs(flow_run_filter=which):
        client.set_flow_run_state(flow_run.id, Crashed(message=why), force=True)
        return flow_run.name
    return None
