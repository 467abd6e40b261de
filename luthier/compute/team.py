"""The processes that train together on this machine: the worker, which leads, and those that it starts.

They live and die as one. Whoever of them is gone ends the others within a second, so that an attempt fails as a whole
and the next one finds nobody left.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from types import TracebackType

from luthier.compute.job import Job
from luthier.errors import LuthierError, SpecError
from luthier.spec import ComputeSpec
from luthier.storage import read_json, write_json

LOOK_S = 0.5
TELL_S = 2.0
"""So long a failed leader waits for the death of another, which may be what it failed of."""

DRIVER_S = 60
"""A driver that has not named its GPUs by then hangs, and training would, too."""

VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Place:
    """One process's place among `count`; `leader` is the process id of the one of rank 0."""

    rank: int
    count: int
    leader: int


def lead(compute: ComputeSpec) -> Place:
    """The leader's place. Raises SpecError where the spec asks for more processes than there are GPUs."""
    there = gpus()
    count = compute.processes or max(1, len(there))
    if there and count > len(there):
        what, why = f"{count} processes cannot share {len(there)} GPUs", "Each of them needs one of its own."
        raise SpecError(what, why, f"Set it to {len(there)} or less, or leave it empty.", "compute.processes")
    return Place(0, count, os.getpid())


def gpus() -> list[str]:
    """What CUDA calls the GPUs that this process may use. CUDA is not begun by that."""
    if VISIBLE in os.environ:
        return [name for name in os.environ[VISIBLE].split(",") if name.strip() not in ("", "-1")]
    tool = shutil.which("nvidia-smi")
    told = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=DRIVER_S).stdout if tool else ""
    return [str(number) for number in range(sum(line.startswith("GPU ") for line in told.splitlines()))]


class Team:
    """The leader's: the other processes are started, watched, and ended with the block."""

    def __init__(self, job: Job, place: Place):
        self.job, self.count = job, place.count
        self.processes: list[subprocess.Popen[bytes]] = []
        self.over = threading.Event()

    def __enter__(self) -> "Team":
        names = gpus()
        for rank in range(1, self.count):
            process = self._start(rank, {VISIBLE: names[rank]} if names else {})
            self.processes.append(process)
            threading.Thread(target=self._watch, args=(rank, process), daemon=True).start()
        if names:
            os.environ[VISIBLE] = names[0]  # transformers would have one process use all that it sees
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error and self.processes and not isinstance(error, LuthierError):
            time.sleep(TELL_S)
        self._end()

    def _start(self, rank: int, gpu: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "luthier.coworker", str(self.job.folder.job), str(rank), str(self.count)]
        return subprocess.Popen([*command, str(os.getpid())], stdin=subprocess.DEVNULL, env=os.environ | gpu)

    def _watch(self, rank: int, process: subprocess.Popen[bytes]) -> None:
        """Once it is gone before the end, leave as it did: at once, with its error, or killed as it was."""
        code = process.wait()
        if code == 0 or self.over.is_set():
            return
        self._end()
        print(f"process {rank + 1} of {self.count} ended with {code}, so all end", file=sys.stderr, flush=True)
        told = self.job.folder.told_by(rank)
        if told.exists():
            write_json(self.job.folder.result, read_json(told))
        elif code == -signal.SIGKILL:
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(code if code > 0 else 128 - code)

    def _end(self) -> None:
        self.over.set()
        for process in self.processes:
            process.kill()


def leave_with(leader: int) -> None:
    """End this process once the leader, its parent, is gone; watched by a thread."""

    def watch() -> None:
        while os.getppid() == leader:
            time.sleep(LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
