"""Watching one worker: what it says becomes events, how it ends becomes a result or a typed error."""

import errno
import signal
import subprocess
import time
from collections.abc import Generator, Iterator
from typing import Any

from luthier.compute import local, oom, told
from luthier.compute.job import Job
from luthier.errors import HomeError, WorkerDied, WorkerKilledForMemory
from luthier.events import Event
from luthier.fence import check_fence
from luthier.history import RunHistory
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.storage import read_json, write_json

POLL_S = 0.2
SILENCE_S = 300
"""A worker whose heartbeat stands still for so long has hung, though its process lives."""


def supervise(job: Job, threads: int | None = None) -> Iterator[Event]:
    """Run `job` to its end; yield its events, the last one `finished` with the worker's `result`.

    Raises WorkerDied when the process vanished, WorkerKilledForMemory when the kernel took it for want of memory, and
    the worker's own error when it told one. The worker is stopped when the caller leaves early.
    """
    history = RunHistory(RunFolder(job.run))
    for number in range(1, job.attempt):
        local.end_leftover(RunFolder(job.run).attempt(number))
    yield from history.catch_up(before=job.attempt)
    kills_before = oom.kills()
    process = local.start(job, threads)
    try:
        write_json(job.folder.worker, {"pid": process.pid})
        hung = yield from _follow(process, history, job)
    except BaseException:
        local.stop(process)
        history.interrupted(job.kind, job.attempt, "The run was stopped from outside")
        raise
    local.stop(process)
    yield from history.mirror(job.attempt)
    yield {"kind": "finished", "time": time.time(), "result": _outcome(process, hung, history, job, kills_before)}


def _follow(process: subprocess.Popen[bytes], history: RunHistory, job: Job) -> Generator[Event, None, bool]:
    """Yield events until the process ends, or (returning True) until its heartbeat has stood still too long.

    Raises AlreadyRunning when a newer attempt works on the run.
    """
    pulse = Pulse(job.folder)
    while process.poll() is None:
        yield from history.mirror(job.attempt)
        check_fence(history.run, job.folder)
        if pulse.silent_s() > SILENCE_S:
            return True
        time.sleep(POLL_S)
    return False


class Pulse:
    """How long the heartbeat file has stood still, by this process's own clock."""

    def __init__(self, attempt: AttemptFolder):
        self.path = attempt.heartbeat
        self.last: bytes | None = None
        self.changed = time.monotonic()

    def silent_s(self) -> float:
        now = self.path.read_bytes() if self.path.exists() else None
        if now != self.last:
            self.last, self.changed = now, time.monotonic()
        return time.monotonic() - self.changed


def _outcome(
    process: subprocess.Popen[bytes], hung: bool, history: RunHistory, job: Job, kills_before: int
) -> dict[str, Any]:
    result = read_json(job.folder.result) if job.folder.result.exists() else {}
    if "result" in result:
        return result["result"]
    if "error" in result:
        raise told.rebuild(result["error"], job.folder.log)
    if process.returncode == errno.ENOSPC:
        raise HomeError("the disk is full", "", "Make room and start the run again: it continues.", str(job.run))
    for_memory = not hung and process.returncode == -signal.SIGKILL and oom.kills() > kills_before
    cause = cause_of_death(process.returncode, bool(result.get("interrupted")), for_memory)
    if hung:
        cause = f"Its heartbeat stood still for {SILENCE_S} s, so it was ended"
    kind = WorkerKilledForMemory if for_memory else WorkerDied
    history.interrupted(job.kind, job.attempt, cause, error=kind.__name__)
    raise kind(f"the {job.kind} worker of attempt {job.attempt} ended early", cause, f"Its log: {job.folder.log}")


def cause_of_death(returncode: int, saved: bool, for_memory: bool) -> str:
    """In words: why a worker process is gone. for_memory: the kernel killed a process for want of it meanwhile."""
    if saved:
        return "It was asked to stop (SIGTERM) and saved its state"
    if returncode == -signal.SIGKILL and for_memory:
        return "It was killed (signal 9): the system wanted memory"
    if returncode == -signal.SIGKILL:
        return "It was killed (signal 9): by a person, or by the system for want of memory"
    if returncode < 0:
        return f"It was ended by signal {-returncode} ({signal.Signals(-returncode).name})"
    return f"It left with code {returncode} and without a result"
