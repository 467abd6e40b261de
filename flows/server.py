"""The Prefect server of a home: found if one runs there, else started for the run and stopped after it."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

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


class ServerError(LuthierError):
    exit_code = 7


def prefect_home(settings: Settings) -> Path:
    return settings.root / "prefect"


def environment(settings: Settings) -> dict[str, str]:
    """Prefect's settings for this home; to be set before Prefect is imported."""
    return {**QUIET, "PREFECT_HOME": str(prefect_home(settings)), "LUTHIER_HOME": str(settings.root)}


@contextmanager
def server(settings: Settings) -> Iterator[str]:
    """Yield the API address. A server that was started for a run ends with the last run that uses it."""
    os.environ.update(environment(settings))
    given = os.environ.get("PREFECT_API_URL") or settings.prefect_url
    if given:
        if not healthy(given):
            raise ServerError(
                "the Prefect server does not answer", f"PREFECT_API_URL is {given}", "Start it, or unset it."
            )
        yield given
        return
    home = prefect_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        record = running(home)
        url = record["url"] if record else start(home, keep=False)
        fcntl.flock(users, fcntl.LOCK_SH)  # held while this run uses the server
        os.environ["PREFECT_API_URL"] = url
        try:
            yield url
        finally:
            del os.environ["PREFECT_API_URL"]
            _stop_if_last(home, users)


def start(home: Path, keep: bool) -> str:
    """Start a server on a free port and wait until it answers; returns its API address."""
    port = free_port()
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **QUIET, "PREFECT_HOME": str(home)},
        )
    url = f"http://127.0.0.1:{port}/api"
    write_json(home / "server.json", {"url": url, "pid": process.pid, "keep": keep})
    deadline = time.monotonic() + START_WITHIN_S
    while not healthy(url):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(process.pid)
            raise ServerError("the Prefect server did not start", "", f"Its log: {home / 'server.log'}")
        time.sleep(0.2)
    return url


def stop(pid: int) -> None:
    """End a server with its process group."""
    try:
        os.killpg(pid, signal.SIGTERM)
        psutil.Process(pid).wait(15)
    except psutil.TimeoutExpired:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def running(home: Path) -> dict[str, Any] | None:
    """{url, pid, keep} of this home's live server; a record of a dead one is removed."""
    record = home / "server.json"
    if not record.exists():
        return None
    content = read_json(record)
    if psutil.pid_exists(content["pid"]) and healthy(content["url"]):
        return content
    record.unlink()
    return None


def _stop_if_last(home: Path, users: IO[str]) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another run still uses it
    record = home / "server.json"
    if record.exists() and not (content := read_json(record))["keep"]:
        stop(content["pid"])
        record.unlink()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
