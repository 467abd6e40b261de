"""The janitor: pods that no live run owns are ended, and what died unseen is shown as crashed and told."""

from typing import Any

from prefect import flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, TaskRunFilter
from prefect.states import Crashed

from flows.flow_runs import RUNNING, crash, worked_on_by
from flows.unsaid import tell_unsaid
from luthier.compute.pods.janitor import Orphan, sweep
from luthier.compute.pods.runpod import open_provider
from luthier.errors import ProviderDenied
from luthier.run_folder import RunFolder
from luthier.settings import Settings

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
        told = [f"told the end of {name}" for name in tell_unsaid(client, settings)]
    for line in (*ended, *crashed, *told):
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
    runs = [RunFolder(path.parent) for path in settings.runs.glob("*/prefect.json")]
    found = [crash(client, worked_on_by(run) or "", WHY) for run in runs if not run.is_held()]
    return [f"flow run {name}" for name in found if name]


def _orphan_task_runs(client: SyncPrefectClient) -> list[str]:
    """Task runs that count as running in a flow run that is over."""
    orphans = client.read_task_runs(
        task_run_filter=TaskRunFilter.model_validate(RUNNING), flow_run_filter=FlowRunFilter.model_validate(OVER)
    )
    for task_run in orphans:
        client.set_task_run_state(task_run.id, Crashed(message=WHY), force=True)
    return [f"task run {task_run.name}" for task_run in orphans]
