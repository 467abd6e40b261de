"""A worker as a process of this machine."""

import contextlib
import os
import signal
import subprocess
import sys

import psutil

from luthier.compute.job import Job
from luthier.errors import AlreadyRunning
from luthier.run_folder import AttemptFolder
from luthier.secrets import worker_environment
from luthier.storage import read_json

WORKER_ENVIRONMENT = {
    "TOKENIZERS_PARALLELISM": "false",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # deterministic cuBLAS; read when CUDA starts
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONUNBUFFERED": "1",
}


def start(job: Job, threads: int | None = None) -> subprocess.Popen[bytes]:
    """Start `python -m luthier.worker` in a session of its own, so that Ctrl-C reaches only us."""
    environment = worker_environment(os.environ) | WORKER_ENVIRONMENT
    if threads:
        environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    with job.folder.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "luthier.worker", str(job.folder.job)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], grace_s: float = 30) -> None:
    """Ask a worker to save and leave; after `grace_s` seconds end its whole process group."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_leftover(attempt: AttemptFolder) -> None:
    """End the worker of an earlier attempt that outlived the process which watched it.

    Raises AlreadyRunning when it cannot be ended.
    """
    process = _leftover(attempt)
    if process is None:
        return
    with contextlib.suppress(psutil.Error):
        process.kill()
        process.wait(10)
    if _leftover(attempt):
        raise AlreadyRunning(
            f"the worker of attempt {attempt.number} still runs and cannot be ended: process {process.pid}",
            "It belongs to another user, or it waits for a device.",
            "End that process, then start the run again: it continues.",
        )


def _leftover(attempt: AttemptFolder) -> psutil.Process | None:
    """The attempt's worker, if it lives; its process id may belong to somebody else's process by now."""
    if not attempt.worker.exists():
        return None
    try:
        process = psutil.Process(read_json(attempt.worker)["pid"])
        return process if str(attempt.job) in process.cmdline() else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # a zombie counts as gone
        return None
