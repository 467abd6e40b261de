"""The process that holds the model: `python -m luthier.worker attempts/<n>/job.json`.

It talks to whoever watches it through files only: heartbeat, events, and `result.json` last, which
holds `result`, or `error`, or `interrupted` when SIGTERM made it save its state and leave.
"""

import contextlib
import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from luthier.background.memory import limited, most_gb
from luthier.background.pauses import Pauses
from luthier.background.priority import lower
from luthier.compute import told
from luthier.compute.gpu_use import gpu_use
from luthier.compute.job import Job
from luthier.compute.team import Place, Team, lead
from luthier.errors import PodLost
from luthier.events import EventLog
from luthier.failures.guards import FULL, disk_failures, memory_failures, too_big_to_ask, too_big_to_train
from luthier.models.base import locate
from luthier.models.engines import engine_here
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.spec_file import load_spec
from luthier.startup import leave_out_unused, quick_imports
from luthier.storage import read_json, write_json

HEARTBEAT_S = 1.0
GPU_EVERY_S = 15
INTERRUPTED = 143
NO_ROOM = errno.ENOSPC
"""Left with when the disk is too full even for `result.json`."""


class Stop:
    """True once somebody asked this worker to leave. It is asked between two pieces of work, so that is where
    `pause` may wait.
    """

    def __init__(self) -> None:
        self.asked = False
        self.pause: Callable[[], None] = lambda: None
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def __call__(self) -> bool:
        self.pause()
        return self.asked


def keep_beating(job: Job) -> None:
    looked, gpu = 0.0, None
    while True:
        if time.monotonic() - looked > GPU_EVERY_S:
            looked, gpu = time.monotonic(), _gpu()
        beat(job, gpu)
        time.sleep(HEARTBEAT_S)


def _gpu() -> dict[str, Any] | None:
    try:
        return gpu_use()
    except Exception:  # only shown; a driver that does not answer must not stop the heart
        return None


def beat(job: Job, gpu: dict[str, Any] | None = None) -> None:
    """Write the heartbeat; ask this process to leave when the one that watches it is not its parent."""
    if os.getppid() != job.watcher:
        os.kill(os.getpid(), signal.SIGTERM)
    with contextlib.suppress(OSError):  # that a disk is full is for the work to say; the heart goes on
        write_json(job.folder.heartbeat, {"pid": os.getpid(), "time": time.time(), **({"gpu": gpu} if gpu else {})})


def work(job: Job, stop: Stop, place: Place | None = None) -> dict[str, Any]:
    """Do the job; returns the stage's result. Raises what the stage raises, OutOfMemory, HomeError (a full disk).

    place: of a process that trains with the worker; it tells no events.
    """
    run = RunFolder(job.run)
    spec, log = load_spec(run.spec), EventLog(job.folder.events if place is None else Path(os.devnull))
    together = job.kind == "train" and engine_here(spec.training) == "trl"
    place = place or (lead(spec.compute) if together else Place(0, 1, os.getpid()))
    advice = too_big_to_train if job.kind == "train" else too_big_to_ask
    here = spec.compute.provider == "local"  # a rented machine has no other user
    if here and spec.compute.background:
        lower()
        stop.pause = Pauses(log, lambda: stop.asked)
    most = most_gb(spec.compute) if here else None
    memory = limited(most and most / place.count, log)
    team = Team(job, place) if together and place.rank == 0 else contextlib.nullcontext()
    with disk_failures(run.root), memory_failures(lambda: advice(load_spec(run.spec).training)), memory, team:
        return _stage(job, spec, run, log, stop, place)


def _stage(job: Job, spec: RunSpec, run: RunFolder, log: EventLog, stop: Stop, place: Place) -> dict[str, Any]:
    log.write("phase", name="finding the base model")
    base = job.base or locate(spec.model, job.models)
    log.write("phase", name="importing")
    engine = engine_here(spec.training)
    if spec.training.engine == "mlx" and engine != "mlx":
        log.write("warning", text="MLX is not on this machine, so that PyTorch holds the model.")
    leave_out_unused("lora" if engine == "mlx" else spec.training.method)  # MLX quantises by itself
    with quick_imports():
        stage = _stage_of(job, engine)
    if job.needs_gpu:
        _check_gpu()
    if place.count > 1:
        from luthier.training import processes

        processes.join(place.rank, place.count, job.folder.meeting)
    return stage(spec, run, job.folder, log, base, stop=stop)


def _check_gpu() -> None:
    """Raises PodLost where a machine that was rented for its GPU shows none: its price is too high for a CPU."""
    import torch

    if not torch.cuda.is_available():
        raise PodLost(
            "the pod's GPU cannot be used",
            "None is seen, or its driver is too old for the CUDA of the image.",
            "Another pod is tried; if it goes on, rent another compute.gpu.",
        )


def _stage_of(job: Job, engine: Literal["trl", "mlx"]) -> Callable[..., dict[str, Any]]:
    """What does this kind of job; importing it takes seconds."""
    if job.kind == "train" and engine == "mlx":
        from luthier.training.mlx.engine import train as train_with_mlx

        return partial(train_with_mlx, resume_from=job.resume_from)
    if job.kind == "train":
        from luthier.training.trl_engine import train

        return partial(train, resume_from=job.resume_from)
    if job.kind == "baseline":
        from luthier.evaluation.baseline import baseline

        return baseline
    from luthier.evaluation.tuned import evaluate

    return evaluate


def main(path: str) -> int:
    try:
        return _main(Job.model_validate(read_json(Path(path))))
    except OSError as error:
        if error.errno not in FULL:
            raise
        return NO_ROOM


def _main(job: Job) -> int:
    stop = Stop()
    threading.Thread(target=keep_beating, args=(job,), daemon=True).start()
    try:
        result = work(job, stop)
    except Exception as error:
        traceback.print_exc()  # into the attempt's log
        write_json(job.folder.result, {"error": told.tell(error)})
        return 1
    if result.get("interrupted"):
        write_json(job.folder.result, {"interrupted": True})
        return INTERRUPTED
    write_json(job.folder.result, {"result": result})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
