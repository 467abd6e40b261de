"""luthier submit --wait: a run on the server, followed to where it stands still."""

import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.cli.common import say
from flows.cli.result import exit_code, show_result
from luthier import approval_record
from luthier.errors import Cancelled, CostRejected, DataRejected, LuthierError, WaitsForApproval
from luthier.failures.record import kept
from luthier.run import Run
from luthier.storage import read_json

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import State

LOOK_EVERY_S = 2


def followed(client: "SyncPrefectClient", flow_run: UUID, run: Run, told: dict[str, Any]) -> int:
    """Say each state, until the run is over or waits for a person; returns the exit code, and notes both in `told`.

    Ctrl-C ends the following, not the run.
    """
    state = _at_rest(client, flow_run)
    told |= {"state": state.name, "exit_code": _exit_code(run, state)}
    report = run.folder.report / "report.json"
    if state.is_completed() and report.exists():
        show_result(run, read_json(report))
    elif state.message:
        say(state.message)
    return told["exit_code"]


def _at_rest(client: "SyncPrefectClient", flow_run: UUID) -> "State":
    said = None
    while True:
        state = client.read_flow_run(flow_run).state
        if state.name != said:
            say(f"{time.strftime('%H:%M:%S')}  {state.name}")
            said = state.name
        if state.is_final() or state.is_paused():
            return state
        time.sleep(LOOK_EVERY_S)


def _exit_code(run: Run, state: "State") -> int:
    from tasks.approval import WAITING

    report = run.folder.report / "report.json"
    if state.is_completed():
        return exit_code(read_json(report)) if report.exists() else 0  # another machine's home may have it
    if state.is_paused() or state.name == WAITING:
        return WaitsForApproval.exit_code
    if state.is_cancelled():
        return _stopped_by(run).exit_code
    failure = kept(run.folder)
    return failure["exit_code"] if failure else 7


def _stopped_by(run: Run) -> type[LuthierError]:
    """A person who said no to its data or cost, or one who cancelled it."""
    word = next(reversed(approval_record.read(run.folder)["words"]), None)
    if word is None or word["approved"]:
        return Cancelled
    return DataRejected if word["about"] == "data" else CostRejected
