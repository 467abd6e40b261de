"""What `luthier submit` does on the server: put the run in line or on a schedule, and tell where."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.cli.common import print_json, say
from flows.server import ServerError, prefect_home, running, server
from luthier import status
from luthier.errors import SpecError
from luthier.places import flow_run_page
from luthier.run import Run
from luthier.settings import Settings
from luthier.spec import RunSpec

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

UP = "Start it: luthier up"


def submitted(run: Run, queue: str | None, at: datetime | None, wait: bool, as_json: bool) -> int:
    """Put `run` in line, unless it is there already; returns the exit code. Raises what checking its data raises."""
    with _client(run.settings) as client:
        from flows.cli.followed import followed  # here: Prefect reads its settings when it is imported
        from flows.submission import in_line

        flow_run = in_line(client, run.folder.run_id)
        told = {"run_id": run.folder.run_id, "queued": flow_run is None}
        if flow_run is None and run.folder.is_held():
            return _held(run, told, as_json)
        flow_run = flow_run or _put(client, run, queue, at)
        page = flow_run_page(str(client.api_url), str(flow_run.id))
        told |= {"flow_run_id": str(flow_run.id), "page": page, "state": flow_run.state.name}
        say(f"{run.folder.run_id}: {'in line' if told['queued'] else 'there already, ' + told['state'].lower()}")
        say(f"  page      {told['page']}\n  flow run  {told['flow_run_id']}")
        code = followed(client, flow_run.id, run, told) if wait else 0
    if as_json:
        print_json(told)
    return code


def schedule(spec: RunSpec, path: Path, cron: str, settings: Settings, as_json: bool) -> int:
    """Let the deployment nightly look at the spec's file by `cron`; one schedule a spec's name."""
    with _client(settings) as client:
        from flows.schedules import put  # here: Prefect reads its settings when it is imported

        try:
            told = put(client, spec.name, path, cron)
        except ValueError as error:
            raise SpecError(f"cannot read {cron!r}", str(error), "Five fields: '0 2 * * *'.", "--every") from None
    say(f"{path}: {told['slug']}, {cron} (UTC); its run starts when its data changed. Change or end it: {told['page']}")
    if as_json:
        print_json(told)
    return 0


@contextmanager
def _client(settings: Settings) -> "Iterator[SyncPrefectClient]":
    """A client of the server that is up. Raises ServerError where none is, or it lacks the deployments."""
    named = os.environ.get("PREFECT_API_URL") or settings.prefect_url
    if not named and not running(prefect_home(settings)):
        raise ServerError("no Prefect server is up", f"None runs in {settings.root}", UP)
    with server(settings):
        from prefect.client.orchestration import get_client
        from prefect.exceptions import ObjectNotFound

        try:
            with get_client(sync_client=True) as client:
                yield client
        except ObjectNotFound:
            raise ServerError("the Prefect server does not know Luthier's deployments", "", UP) from None


def _put(client: "SyncPrefectClient", run: Run, queue: str | None, at: datetime | None) -> "FlowRun":
    """Bad data and what would go over the budget never get in line."""
    from flows.cli.validated import validated
    from flows.submission import submit
    from luthier.estimate.budget import over_budget
    from luthier.estimate.of_run import estimate_run

    validated(run)
    if refusal := over_budget(estimate_run(run.folder, run.spec, run.settings), run.spec.budget):
        raise refusal
    return submit(client, run, status.account(), queue, at)


def _held(run: Run, told: dict[str, Any], as_json: bool) -> int:
    """A terminal works on it."""
    standing = status.standing(run.folder) or {}
    say(f"{told['run_id']} is being worked on already, by {standing.get('by', 'a process of this machine')}.")
    if as_json:
        print_json(told | {"state": "Running"})
    return 0
