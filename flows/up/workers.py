"""Workers: they take flow runs from the pool and start a process for each."""

import socket
import sys
from datetime import UTC, datetime, timedelta

import httpx

from flows.flow_processes import end, flow_processes
from flows.server import prefect_home
from flows.up.service import Service
from luthier.settings import Settings

POOL = "luthier"
PATIENT = {"PREFECT_CLIENT_RETRY_EXTRA_CODES": "500"}
"""Prefect's server answers so while its database is away. A flow run asks again for about a minute, as it does while
the server itself is away."""
SILENT_FOR = timedelta(seconds=150)
"""Five of a worker's heartbeats."""


def worker_command(name: str | None = None, limit: int | None = None) -> list[str]:
    """limit: how many flow runs it carries out at once; None: as many as its queues let it."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    return [*command, *(["--name", name] if name else []), *(["--limit", str(limit)] if limit else [])]


def worker(settings: Settings, url: str, number: int, limit: int | None) -> Service:
    """url: the API of the Prefect server."""
    name = f"{socket.gethostname()}-{number}"
    log = prefect_home(settings) / f"worker-{number}.log"
    return Service(f"worker {number}", worker_command(name, limit), log, PATIENT, lambda: is_seen(settings, url, name))


def is_seen(settings: Settings, url: str, name: str) -> bool:
    """Whether the server has heard of the worker lately. A server that does not answer is not the worker's fault."""
    sign_in = httpx.BasicAuth(*settings.sign_in.split(":", 1)) if settings.sign_in else None
    try:
        asked = httpx.post(f"{url}/work_pools/{POOL}/workers/filter", json={}, auth=sign_in, timeout=5)
    except httpx.HTTPError:
        return True
    if asked.status_code != 200:
        return True
    seen = {each["name"]: datetime.fromisoformat(each["last_heartbeat_time"]) for each in asked.json()}
    return name in seen and seen[name] > datetime.now(UTC) - SILENT_FOR


def end_flow_processes(settings: Settings) -> None:
    """What the workers of this home started; the next `luthier up` goes on with it."""
    end([process for processes in flow_processes(settings.root).values() for process in processes])
