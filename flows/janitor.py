"""The janitor: pods that no live run owns are ended; what died unseen is shown as crashed, told, and goes on."""

from typing import Any

from prefect import flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, TaskRunFilter
from prefect.states import Crashed

from flows.flow_processes import flow_processes
from flows.flow_runs import RUNNING
from flows.recovery import recover, show_dead
from flows.unsaid import tell_unsaid
from luthier.compute.pods.janitor import Orphan, sweep
from luthier.compute.pods.runpod import open_provider
from luthier.errors import ProviderDenied
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
        again = recover(client, settings)
        told = [f"told the end of {name}" for name in tell_unsaid(client, settings)]
    for line in (*ended, *crashed, *again, *told):
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
    return [f"flow run {name}" for name in show_dead(client, settings, set(flow_processes(settings.root)), WHY)]


def _orphan_task_runs(client: SyncPrefectClient) -> list[str]:
    """Task runs that count as running in a flow run that is over."""
    orphans = client.read_task_runs(
        task_run_filter=TaskRunFilter.model_validate(RUNNING), flow_run_filter=FlowRunFilter.model_validate(OVER)
    )
    for task_run in orphans:
        client.set_task_run_state(task_run.id, Crashed(message=WHY), force=True)
    return [f"task run {task_run.name}" for task_run in orphans]
