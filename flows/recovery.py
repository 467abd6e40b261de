"""Flow runs whose process or worker is gone go on without a person."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import PrefectException
from prefect.states import Cancelled, Scheduled
from sqlalchemy.exc import SQLAlchemyError

from flows.flow_processes import end, flow_processes
from flows.flow_runs import RUN, RUNNING, crash, worked_on_by
from flows.server import healthy
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.sharing.elsewhere import is_elsewhere

AGAIN = "Started again after a crash"
MOST = 5
"""Times that one flow run is started again: what crashes each time is no accident."""

NOT_AFTER = timedelta(days=1)
TAKEN_FOR = timedelta(minutes=2)
"""A worker that took a flow run has its process running by then, or is gone."""

CANCELLING_FOR = timedelta(minutes=2)
"""A worker ends the process of a cancelled flow run within seconds, and kills it after thirty."""

DEAD = "Its process is gone; it was found by its run's lock"


def recover(client: SyncPrefectClient, settings: Settings) -> list[str]:
    """Look once, and act; one line for each flow run that was acted on. Safe at any time and in several processes."""
    alive = flow_processes(settings.root)
    return [
        *(f"{name}: {DEAD}" for name in show_dead(client, settings, set(alive), DEAD)),
        *_end_cancelled(client, alive),
        *_free_taken(client, set(alive)),
        *restart_crashed(client, settings, set(alive)),
    ]


def recover_quietly(settings: Settings) -> list[str]:
    """As `recover`, and tells the ends that nobody told; nothing while the server or a database is away."""
    from flows.unsaid import tell_unsaid

    with get_client(sync_client=True) as client:
        if not healthy(str(client.api_url).rstrip("/")):
            return []
        try:
            return [*recover(client, settings), *(f"told: {name}" for name in tell_unsaid(client, settings))]
        except (httpx.HTTPError, PrefectException, SQLAlchemyError):
            return []


def restart_crashed(client: SyncPrefectClient, settings: Settings, alive: set[str]) -> list[str]:
    """Put crashed flow runs of the deployments in line again, as `prefect flow-run retry` does.

    alive: flow runs that a process of this machine works on; a server that was away may have taken them for dead.
    """
    held = {worked_on_by(run) for run in _held(settings.runs)}
    restarted = []
    for flow_run in _in_state(client, "CRASHED", newer=NOT_AFTER):
        crashes = _crashes(client, flow_run)
        if str(flow_run.id) in alive | held or crashes > MOST or _superseded(client, flow_run):
            continue
        message = f"{AGAIN} ({crashes} of {MOST})"
        _schedule(client, flow_run, message)
        restarted.append(f"{flow_run.name}: {message}")
    return restarted


def show_dead(client: SyncPrefectClient, settings: Settings, alive: set[str], why: str) -> Iterator[str]:
    """Crash the flow runs of this home that count as running although no process works on them; their names."""
    which = FlowRunFilter.model_validate(RUNNING)
    running = {str(flow_run.id) for flow_run in client.read_flow_runs(flow_run_filter=which)} - alive
    for run in (RunFolder(path.parent) for path in settings.runs.glob("*/prefect.json")):
        id = worked_on_by(run)
        if id not in running or run.is_held() or is_elsewhere(run, settings):
            continue
        if name := crash(client, id, why):
            yield name


def _free_taken(client: SyncPrefectClient, alive: set[str]) -> Iterator[str]:
    """What a worker took and never started: it holds a slot of its queue, and nobody else may start it."""
    for flow_run in _in_state(client, "PENDING", older=TAKEN_FOR):
        if str(flow_run.id) not in alive:
            message = "In line again: the worker that took it is gone"
            _schedule(client, flow_run, message)
            yield f"{flow_run.name}: {message}"


def _end_cancelled(client: SyncPrefectClient, alive: dict[str, Any]) -> Iterator[str]:
    """A worker that is gone ends no process: what still runs is ended here."""
    for flow_run in _in_state(client, "CANCELLING", older=CANCELLING_FOR):
        end(alive.get(str(flow_run.id), []))
        message = "Its worker was gone"
        client.set_flow_run_state(flow_run.id, Cancelled(message=message), force=True)
        yield f"{flow_run.name}: {message}"
    for flow_run in _in_state(client, "CANCELLED", older=CANCELLING_FOR, newer=NOT_AFTER) if alive else []:
        end(alive.get(str(flow_run.id), []))  # another machine set the state


def _in_state(
    client: SyncPrefectClient, state: str, newer: timedelta | None = None, older: timedelta = timedelta(0)
) -> list[FlowRun]:
    """Flow runs of Luthier's deployments, by how long they have been in the state."""
    found = client.read_flow_runs(
        flow_filter=FlowFilter.model_validate({"name": {"any_": ["finetune"]}}),
        flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": [state]}}}),
        deployment_filter=DeploymentFilter.model_validate({"tags": {"all_": ["luthier"]}}),
    )
    now = datetime.now(UTC)
    return [run for run in found if run.state and older <= now - run.state.timestamp <= (newer or timedelta.max)]


def _superseded(client: SyncPrefectClient, flow_run: FlowRun) -> bool:
    """Whether a later flow run has the same run to work on."""
    runs = [tag for tag in flow_run.tags if tag.startswith(RUN)]
    if not runs or not flow_run.created:
        return False
    which = FlowRunFilter.model_validate({"tags": {"all_": runs}})
    same = client.read_flow_runs(flow_run_filter=which)
    return any(each.created and each.created > flow_run.created for each in same)


def _crashes(client: SyncPrefectClient, flow_run: FlowRun) -> int:
    """How often a process of it crashed. One that waited in line was only taken for silent (flows/automations.py)."""
    states: list[State[Any]] = sorted(client.read_flow_run_states(flow_run.id), key=lambda state: state.timestamp)
    return sum(after.is_crashed() and not before.is_scheduled() for before, after in pairwise(states))


def _schedule(client: SyncPrefectClient, flow_run: FlowRun, message: str) -> None:
    client.set_flow_run_state(UUID(str(flow_run.id)), Scheduled(message=message), force=True)


def _held(runs: Path) -> list[RunFolder]:
    return [run for run in (RunFolder(path.parent) for path in runs.glob("*/prefect.json")) if run.is_held()]
