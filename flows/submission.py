"""A run put in line on the Prefect server: once, however often it is asked for."""

from datetime import datetime
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Scheduled

from flows.flow_runs import CREATOR, RUN, name_of
from flows.queues import RENTED
from luthier.run import Run
from luthier.sharing.data import send_data
from luthier.stages import run_id

DEPLOYMENT = "finetune/finetune"


def in_line(client: SyncPrefectClient, run: str) -> FlowRun | None:
    """The flow run that waits for its turn at the run of this id, works on it, or waits for a person."""
    newest = _newest(client, run)
    return newest if newest and newest.state and not newest.state.is_final() else None


def submit(
    client: SyncPrefectClient, run: Run, by: str, queue: str | None = None, at: datetime | None = None
) -> FlowRun:
    """Create the flow run that works on `run`. Two that ask at once get the same one.

    by: who asked. queue: a work queue of the pool; None: the deployment's, or for rented machines one without a limit.
    at: when it may start; None: now. Raises ObjectNotFound where the server has no such deployment.
    """
    newest = _newest(client, run.folder.run_id)
    rented = run.asked.compute.provider != "local"
    return client.create_flow_run_from_deployment(
        client.read_deployment_by_name(DEPLOYMENT).id,
        parameters={"spec": send_data(run.asked, run.settings).model_dump(mode="json"), "again": _is_another(run)},
        state=Scheduled(scheduled_time=at) if at else None,
        name=name_of(run.asked),
        tags=[f"{RUN}{run.folder.run_id}", f"{CREATOR}{by}", f"project:{run.asked.project.name}"],
        idempotency_key=f"{run.folder.run_id} after {newest.id if newest else 'none'}",
        work_queue_name=queue or (RENTED if rented else None),
    )


def _newest(client: SyncPrefectClient, run: str) -> FlowRun | None:
    tagged: dict[str, Any] = {"tags": {"all_": [f"{RUN}{run}"]}}
    which = FlowRunFilter.model_validate(tagged)
    found = client.read_flow_runs(flow_run_filter=which, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1)
    return found[0] if found else None


def _is_another(run: Run) -> bool:
    """Whether it is not the first run of its spec: it was asked for with --again."""
    return run.folder.run_id != run_id(run.asked, run.data_sha256)
