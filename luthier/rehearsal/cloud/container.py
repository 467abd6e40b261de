"""A "container": one process with nothing but its own environment, and everything it starts."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil

from luthier.rehearsal.cloud.logs import LogRing

MARK = "RUNPOD_POD_ID"
"""A container's processes are known by this variable, which they inherit even into sessions of their own."""


class Container:
    """Started at once. Only its first process is asked to stop, as Docker does; when that one ends, all end."""

    def __init__(self, command: list[str], env: dict[str, str], disk: Path, logs: LogRing):
        self.pod_id = env[MARK]
        self.process = subprocess.Popen(
            command,
            env=env,
            cwd=disk,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(logs,), daemon=True).start()

    def _read(self, logs: LogRing) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            logs.write("container", line.decode(errors="replace").rstrip("\r\n"))

    @property
    def over(self) -> bool:
        return self.process.poll() is not None

    def ask_to_stop(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        """SIGKILL to every process of it; returns when none is left."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a dead group
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while left := members(self.pod_id):
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.001)


def members(pod_id: str) -> list[psutil.Process]:
    """Every living process of a pod."""
    return [process for process in psutil.process_iter() if _belongs(process, pod_id)]


def _belongs(process: psutil.Process, pod_id: str) -> bool:
    try:
        return process.environ().get(MARK) == pod_id and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):  # somebody else's, or gone meanwhile
        return False
