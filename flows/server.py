"""The Prefect server of a home: found if one runs there, else started, and stopped by its last user."""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from flows.process import end_recorded, launch, lives, stop
from luthier.errors import LuthierError
from luthier.settings import Settings
from luthier.storage import read_json, write_json

START_WITHIN_S = 180
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLI_PROMPT": "false",
}
ALIVE = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
"""A flow run shows itself so often (in seconds), as prefect.yaml asks of deployed ones; flows/automations.py waits
for three of them."""


class ServerError(LuthierError):
    exit_code = 7


def prefect_home(settings: Settings) -> Path:
    return settings.root / "prefect"


def environment(settings: Settings) -> dict[str, str]:
    """Prefect's settings for this home; to be set before Prefect is imported."""
    return {**QUIET, **ALIVE, "PREFECT_HOME": str(prefect_home(settings)), "LUTHIER_HOME": str(settings.root)}


@contextmanager
def server(settings: Settings) -> Iterator[str]:
    """Yield the API address, which is PREFECT_API_URL within the block.

    The server is the one that PREFECT_API_URL or the setting `prefect_url` names, else the home's own.
    Raises ServerError when it does not answer, or has gone when the block fails.
    """
    os.environ.update(environment(settings))
    named = os.environ.get("PREFECT_API_URL") or settings.prefect_url
    with _named(named) if named else _of_home(prefect_home(settings)) as url, _set("PREFECT_API_URL", url):
        try:
            yield url
        except Exception as error:
            if isinstance(error, LuthierError) or healthy(url):
                raise
            raise ServerError("the Prefect server went away", f"It was {url}", "The same command continues.") from error


@contextmanager
def _set(variable: str, value: str) -> Iterator[None]:
    before = os.environ.get(variable)
    os.environ[variable] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


@contextmanager
def _named(url: str) -> Iterator[str]:
    if not healthy(url):
        why = f"PREFECT_API_URL, or prefect_url of luthier.toml, is {url}"
        raise ServerError("the Prefect server does not answer", why, "Start it, or unset it.")
    yield url


@contextmanager
def _of_home(home: Path) -> Iterator[str]:
    """Each user holds `users.lock` shared; who can have it alone when leaving was the last and stops the server."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "users.lock").open("a") as users:
        with _alone(home):
            fcntl.flock(users, fcntl.LOCK_SH)
            url = running(home) or start(home)
        try:
            yield url
        finally:
            with _alone(home), suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                end_recorded(home / "server.json")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else starts or stops the server within the block."""
    with (home / "server.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(home: Path) -> str:
    """Start a server on a free port and wait until it answers; returns its API address."""
    port = free_port()
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}/api"
    pages = {"PREFECT_SERVER_UI_API_URL": url}  # else they ask at Prefect's usual port
    process = launch(command, home / "server.log", {**QUIET, **pages, "PREFECT_HOME": str(home)})
    try:
        write_json(home / "server.json", {"url": url, "pid": process.pid, "command": command})
        if running(home) is None:
            raise ServerError("the Prefect server did not start", "", f"Its log: {home / 'server.log'}")
    except BaseException:  # Ctrl-C too: nobody else would stop it
        stop(process.pid)
        raise
    return url


def running(home: Path) -> str | None:
    """The API address of this home's live server; the record of a dead one is removed.

    A server that lives but does not answer is waited for: it is starting, or slow under load.
    Raises ServerError after START_WITHIN_S.
    """
    record = home / "server.json"
    if not record.exists():
        return None
    service = read_json(record)
    deadline = time.monotonic() + START_WITHIN_S
    while lives(service):
        if healthy(service["url"]):
            return service["url"]
        if time.monotonic() > deadline:
            why = f"Its process {service['pid']} lives"
            raise ServerError("the Prefect server does not answer", why, f"End it; its log: {home / 'server.log'}")
        time.sleep(0.2)
    record.unlink()
    return None


def is_own(settings: Settings, url: str) -> bool:
    """Whether the server at this API address is this home's own, which serves nobody else."""
    record = prefect_home(settings) / "server.json"
    return record.exists() and read_json(record)["url"] == url.rstrip("/")


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
