"""Ends of flow runs that nobody told: the process was gone, or the server itself set the state."""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort

from flows.endings import ending, ending_ids
from flows.flow_runs import runs_of
from flows.server import is_own
from luthier.notify.deliver import WITHIN_S, deliver
from luthier.notify.outbox import Outbox
from luthier.notify.tell import put
from luthier.settings import Settings

FLOWS = ["finetune"]
OVER = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]
GRACE = timedelta(seconds=60)
"""A hook comes first: it knows the exception. Both would write the same message."""

LOOK_BACK = timedelta(days=2)
AT_ONCE = 200


def tell_unsaid(client: SyncPrefectClient, settings: Settings, grace: timedelta = GRACE) -> list[str]:
    """Put what was not told into the outbox, and deliver what is due; names of the flow runs that were told now.

    Safe at any time and in any number of processes.
    """
    if not settings.channels:
        return []
    outbox, told = Outbox(settings), []
    for flow_run in _ended(client, outbox.since, grace):
        known = any(outbox.holds(id) for id in ending_ids(flow_run))
        found = None if known or not _ours(flow_run, settings, client) else _ending(flow_run, settings, client)
        if found and put(*found, settings):
            told.append(flow_run.name)
    deliver(settings, WITHIN_S)
    return told


def _ending(flow_run: FlowRun, settings: Settings, client: SyncPrefectClient) -> Any:
    return ending(flow_run, flow_run.state, settings, str(client.api_url)) if flow_run.state else None


def _ended(client: SyncPrefectClient, since: float, grace: timedelta) -> list[FlowRun]:
    now = datetime.now(UTC)
    window = {"after_": max(datetime.fromtimestamp(since, UTC), now - LOOK_BACK), "before_": now - grace}
    return client.read_flow_runs(
        flow_filter=FlowFilter.model_validate({"name": {"any_": FLOWS}}),
        flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": OVER}}, "end_time": window}),
        sort=FlowRunSort.END_TIME_DESC,
        limit=AT_ONCE,
    )


def _ours(flow_run: FlowRun, settings: Settings, client: SyncPrefectClient) -> bool:
    """A server may serve several homes. All of it is ours where it is the home's own, or where a team shares one
    database, which holds each message once; else what worked on a run of this home.
    """
    shared = settings.database is not None or is_own(settings, str(client.api_url))
    return shared or bool(runs_of(settings, str(flow_run.id)))
