"""What Prefect calls when a flow run ends: no pod may be left behind, and people are told.

The engine calls a hook with positions, the runner with names, in a process of its own that has only the database and
the disk to go by; hence the exact signature.
"""

from contextlib import suppress
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.settings import get_current_settings

from flows.flow_runs import runs_of
from luthier.errors import AlreadyRunning, LuthierError
from luthier.secrets import redact
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


def tell_end(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """Tell people how the flow run ended. Takes 20 seconds at most; what is not delivered then, others deliver."""
    from flows.endings import ending
    from luthier.notify.deliver import WITHIN_S, deliver
    from luthier.notify.tell import put

    try:
        settings = Settings()
        if not settings.channels:
            return
        found = ending(_as_known(flow_run), state, settings, str(get_current_settings().api.url))
        if found and put(*found, settings):
            deliver(settings, WITHIN_S)
    except Exception as error:  # the run is what it is, whether people hear of it or not; the sweep tells it again
        print(f"nobody could be told: {type(error).__name__}: {redact(str(error))}")


def _as_known(flow_run: FlowRun) -> FlowRun:
    """As the server has it: the runner's copy is from before the flow run began, and counts its attempts wrongly."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return client.read_flow_run(flow_run.id)
