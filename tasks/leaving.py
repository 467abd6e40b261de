"""A machine that stops working for others: its flow runs get in line again, for another machine, instead of ending."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.exceptions import Abort, TerminationSignal
from prefect.runtime import flow_run
from prefect.states import Scheduled

from luthier.settings import Settings

WHY = "The hours of its machine are over; it goes on on another one, or here when they begin again"


def notice(settings: Settings) -> Path:
    """A file that is there while this machine's flow runs are told to leave."""
    return settings.root / "leaving"


@contextmanager
def handed_over(settings: Settings) -> Iterator[None]:
    """Around all that a flow run holds. Raises Abort, Prefect's word for a run whose state is set already."""
    try:
        yield
    except TerminationSignal as signal:
        if not notice(settings).exists():
            raise
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(flow_run.id, Scheduled(message=WHY), force=True)
        raise Abort(WHY) from signal
