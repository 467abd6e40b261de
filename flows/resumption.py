"""Resuming a flow run that waits suspended, with a person's word as its input."""

import os
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.server import healthy, prefect_home, running
from luthier.approval_record import Word
from luthier.places import flow_run_page
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.storage import read_json


def resume(run: RunFolder, settings: Settings, flow_run_id: str, word: Word) -> str:
    """What was done, a sentence; empty where its server does not answer, or it does not wait any more."""
    url = _server(run, settings)
    if not url:
        return ""
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        try:
            answer = client.resume_flow_run(UUID(flow_run_id), run_input=_input(word))
        except ObjectNotFound:
            return ""
    if answer.status != SetStateStatus.ACCEPT:
        return ""
    return f"Resumed in Prefect: {flow_run_page(url, flow_run_id)}"


def _server(run: RunFolder, settings: Settings) -> str | None:
    """The server that is named or runs in this home, else the one where the flow run was last at work; if it lives."""
    recorded = read_json(run.root / "prefect.json")["prefect_api_url"]
    named = os.environ.get("PREFECT_API_URL") or settings.prefect_url
    known = (named or running(prefect_home(settings)), recorded)
    return next((url for url in known if url and healthy(url)), None)


def _input(word: Word) -> dict[str, Any]:
    """As the form would send it."""
    said = {"decision": "approve" if word["approved"] else "reject", "name": word["by"], "note": word["note"]}
    return said | ({"cap_usd": word["cap_usd"]} if word["about"] == "cost" else {})
