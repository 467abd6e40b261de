"""The janitor: pods that no live run owns are ended, and what died unseen is shown as crashed."""

from typing import Any

from prefect import flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, TaskRunFilter
from prefect.states import Crashed

from luthier.compute.pods.janitor import Orphan, sweep
from luthier.compute.pods.runpod import open_provider
from luthier.errors import AlreadyRunning, ProviderDenied
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.storage import read_json

RUNNING = {"state": {"type": {"any_": ["RUNNING"]}}}
OVER = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}}
WHY = "Its process is gone; the janitor found it"


@flow(name="janitor", description="End pods that no live run owns; show dead task runs as crashed.")
def janitor() -> dict[str, Any]:
    """Look once. Safe at any time: what a live process works on is left alone."""
    settings = Settings()
    log = get_run_logger()
    orphans = _swept(settings)
    ended = [f"{each.pod.name}: {each.reason}" for each in orphans if each.ended]
    for each in orphans:
        if not each.ended:
            log.error("%s could not be ended, and costs money: %s", each.pod.name, each.reason)
    with get_client(sync_client=True) as client:
        crashed = [*_dead_flow_runs(client, settings), *_orphan_task_runs(client)]
    for line in (*ended, *crashed):
        log.info(line)
    return {"pods_ended": ended, "marked_crashed": crashed}


def _swept(settings: Settings) -> list[Orphan]:
    """The pods that were ended. Without a key there is nothing to look at, unless this home has rented before."""
    try:
        return sweep(open_provider(), settings)
    except ProviderDenied as error:
        if any(settings.runs.glob("*/pods/[0-9]*.json")):
            raise
        get_run_logger().info("no pods were looked for: %s", error)
        return []


def _dead_flow_runs(client: SyncPrefectClient, settings: Settings) -> list[str]:
    """Flow runs of this home that count as running although no process holds their run."""
    marked = []
    for path in settings.runs.glob("*/prefect.json"):
        flow_run = read_json(path)["prefect_flow_run_id"]
        running = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate({"id": {"any_": [flow_run]}, **RUNNING})
        )
        if running and not _is_held(RunFolder(path.parent)):
            client.set_flow_run_state(flow_run, Crashed(message=WHY), force=True)
            marked.append(f"flow run {running[0].name}")
    return marked


def _orphan_task_runs(client: SyncPrefectClient) -> list[str]:
    """Task runs that count as running in a flow run that is over."""
    orphans = client.read_task_runs(
        task_run_filter=TaskRunFilter.model_validate(RUNNING), flow_run_filter=FlowRunFilter.model_validate(OVER)
    )
    for task_run in orphans:
        client.set_task_run_state(task_run.id, Crashed(message=WHY), force=True)
    return [f"task run {task_run.name}" for task_run in orphans]


def _is_held(run: RunFolder) -> bool:
    """Whether a live process works on it."""
    try:
        with run.locked():
            return False
    except AlreadyRunning:
        return True
