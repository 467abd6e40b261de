"""Prefect artifacts that never fail a run: when the server is away, the run goes on unseen."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.exceptions import PrefectException

AWAY_S = 300
"""A server that did not answer is shown nothing for so long: each try holds the run up for a minute, and its pod."""


class _Tolerant:
    def __init__(self) -> None:
        self.away_until = 0.0

    def __call__(self, call: Callable[[], Any]) -> Any:
        if time.monotonic() < self.away_until:
            return None
        try:
            return call()
        except (httpx.HTTPError, PrefectException) as error:
            get_run_logger().warning("the Prefect server did not take an artifact: %s", error)
            self.away_until = time.monotonic() + AWAY_S
            return None


_tolerant = _Tolerant()


def progress(key: str, description: str) -> UUID | None:
    return _tolerant(lambda: create_progress_artifact(0.0, key=key, description=description))


def update_progress(artifact: UUID | None, percent: float, description: str) -> None:
    if artifact:
        _tolerant(lambda: update_progress_artifact(artifact, progress=min(percent, 100.0), description=description))


def markdown(key: str, content: str) -> UUID | None:
    return _tolerant(lambda: create_markdown_artifact(content, key=key))


def of_flow_run(key: str, content: str, flow_run_id: str) -> UUID | None:
    """Markdown of a flow run as such, from whatever thread."""

    def call() -> UUID:
        with get_client(sync_client=True) as client:
            new = ArtifactCreate(key=key, type="markdown", data=content, flow_run_id=UUID(flow_run_id))
            return client.create_artifact(new).id

    return _tolerant(call)


def update_markdown(artifact: UUID, content: str) -> None:
    def call() -> None:
        with get_client(sync_client=True) as client:
            client.update_artifact(artifact, ArtifactUpdate(data=content))

    _tolerant(call)


def table(key: str, rows: list[dict[str, Any]], description: str) -> None:
    _tolerant(lambda: create_table_artifact(rows, key=key, description=description))


def link(key: str, address: str, text: str, description: str) -> None:
    _tolerant(lambda: create_link_artifact(address, link_text=text, key=key, description=description))
