"""The Prefect server of a home: found if one runs there, else started, and stopped by its last user."""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen

import httpx

from flows.process import end_recorded, launch, lives, stop
from luthier.errors import LuthierError
from luthier.settings import Settings
from luthier.storage import read_json, write_json

START_WITHIN_S = 180
LOOPBACK = "127.0.0.1"
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # its pages ask Prefect's analytics service, whatever is set; V1's do not
    "PREFECT_CLI_PROMPT": "false",
}
ALIVE = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
"""A flow run shows itself so often (in seconds), as prefect.yaml asks of deployed ones; flows/automations.py waits
for three of them."""


LEASES = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem"}
"""Who holds a slot of a limit is kept in PREFECT_HOME; in memory, Prefect's default, a restart would forget it."""


class ServerError(LuthierError):
    exit_code = 7


def prefect_home(settings: Settings) -> Path:
    return settings.root / "prefect"


def environment(settings: Settings) -> dict[str, str]:
    """Prefect's settings for this home, and how to sign in; to be set before Prefect is imported."""
    homes = {"PREFECT_HOME": str(prefect_home(settings)), "LUTHIER_HOME": str(settings.root)}
    return {**QUIET, **ALIVE, **homes, **signed_in(settings), **tracked_at(settings)}


def tracked_at(settings: Settings) -> dict[str, str]:
    """The MLflow server that `luthier up` keeps for a team's database or artifacts: runs must go through it."""
    record = settings.root / "mlflow" / "server.json"
    team = (settings.mlflow_database or settings.mlflow_artifacts) and not settings.mlflow_uri
    if not team or not record.exists() or not lives(service := read_json(record)):
        return {}
    return {"LUTHIER_MLFLOW_URI": service["url"]}


def signed_in(settings: Settings) -> dict[str, str]:
    """What clients of Prefect and MLflow read to sign in; none where no sign-in is set."""
    if not settings.sign_in:
        return {}
    user, _, password = settings.sign_in.partition(":")
    return {
        "PREFECT_API_AUTH_STRING": settings.sign_in,
        "MLFLOW_TRACKING_USERNAME": user,
        "MLFLOW_TRACKING_PASSWORD": password,
    }


def server_environment(settings: Settings) -> dict[str, str]:
    """What only the process of the server is told: its database, and the sign-in it asks for; not in its argv."""
    told = {
        "PREFECT_HOME": str(prefect_home(settings)),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": settings.prefect_database,
        "PREFECT_SERVER_API_AUTH_STRING": settings.sign_in,
    }
    return {**QUIET, **LEASES, **{name: value for name, value in told.items() if value}}


@contextmanager
def server(settings: Settings, port: int = 0, host: str = LOOPBACK) -> Iterator[str]:
    """Yield the API address, which is PREFECT_API_URL within the block.

    The server is the one that PREFECT_API_URL or the setting `prefect_url` names, else the home's own, which is
    started at `port` and `host` where it does not run.
    Raises ServerError when it does not answer, or has gone when the block fails.
    """
    os.environ.update(environment(settings))
    named = os.environ.get("PREFECT_API_URL") or settings.prefect_url
    with _named(named) if named else _of_home(settings, port, host) as url, _set("PREFECT_API_URL", url):
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
def _of_home(settings: Settings, port: int, host: str) -> Iterator[str]:
    """Each user holds `users.lock` shared; who can have it alone when leaving was the last and stops the server."""
    home = prefect_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "users.lock").open("a") as users:
        with alone(home):
            fcntl.flock(users, fcntl.LOCK_SH)
            url = running(home) or start(settings, port, host)
        try:
            yield url
        finally:
            with alone(home), suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                end_recorded(home / "server.json")


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Nobody else starts or stops the server within the block."""
    with (home / "server.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(settings: Settings, port: int = 0, host: str = LOOPBACK) -> str:
    """Start a server, on a free port unless told, and wait until it answers; returns its API address."""
    home = prefect_home(settings)
    url, process = begin(settings, port, host)
    try:
        if running(home) is None:
            raise ServerError("the Prefect server did not start", "", f"Its log: {home / 'server.log'}")
    except BaseException:  # Ctrl-C too: nobody else would stop it
        stop(process.pid)
        raise
    return url


def begin(settings: Settings, port: int = 0, host: str = LOOPBACK) -> tuple[str, Popen[bytes]]:
    """Launch a server and record it; its API address on this machine, before anything answers there. 0: a free port."""
    home = prefect_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
    url = f"http://{LOOPBACK}:{port}/api"
    # The pages ask at Prefect's usual port unless told; from another machine, at where they came from.
    pages = {"PREFECT_SERVER_UI_API_URL": url if host == LOOPBACK else "/api"}
    process = launch(command, home / "server.log", server_environment(settings) | pages)
    write_json(home / "server.json", {"url": url, "pid": process.pid, "command": command})
    return url, process


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
