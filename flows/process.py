"""A service: a process in a session of its own, known again later by its pid and its command line."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from luthier.storage import read_json

STOP_WITHIN_S = 15


def launch(command: list[str], log: Path, extra: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a service with `extra` environment; in a session of its own, so that Ctrl-C reaches only us."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **extra},
            start_new_session=True,
        )


def lives(service: dict[str, Any]) -> bool:
    """Whether {pid, command} still runs. Pids are given out again, so the command line must be the same."""
    try:
        return psutil.Process(service["pid"]).cmdline() == service["command"]
    except psutil.Error:
        return False


def stop(pid: int) -> None:
    """End a service with its process group; also what is left of the group when its first process is gone."""
    with suppress(ProcessLookupError, psutil.Error):
        os.killpg(pid, signal.SIGTERM)
        psutil.Process(pid).wait(STOP_WITHIN_S)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def end_recorded(record: Path) -> None:
    """End the service whose {pid, command} stands in the file `record`, if it still runs; remove the file."""
    if not record.exists():
        return
    service = read_json(record)
    if lives(service):
        stop(service["pid"])
    record.unlink()
