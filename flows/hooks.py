"""What Prefect calls when a flow run ends: no pod may be left behind.

The engine calls a hook with positions, the runner with names, in a process of its own that has only the database and
the disk to go by; hence the exact signature.
"""

from contextlib import suppress
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

from flows.flow_runs import worked_on_by
from luthier.errors import AlreadyRunning, LuthierError
from luthier.run_folder import RunFolder
from luthier.settings import Settings


def end_pods(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """End the pods of the run that `flow_run` worked on, unless another process works on it by now."""
    from tasks.pods import end_pods_of

    for run in runs_of(Settings(), str(flow_run.id)):
        with suppress(AlreadyRunning), run.locked():
            try:
                end_pods_of(run, f"The flow run is {state.name}")
            except LuthierError as error:
                print(f"a pod may still run, and cost money: {error}")


def runs_of(settings: Settings, flow_run_id: str) -> list[RunFolder]:
    """The run folders that this flow run was the last to work on."""
    runs = (RunFolder(path.parent) for path in settings.runs.glob("*/prefect.json"))
    return [run for run in runs if worked_on_by(run) == flow_run_id]
