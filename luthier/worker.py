"""The process that holds the model: `python -m luthier.worker attempts/<n>/job.json`.

It talks to whoever watches it through files only: heartbeat, events, and `result.json` last, which
holds `result`, or `error`, or `interrupted` when SIGTERM made it save its state and leave.
"""

import errno
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from luthier.compute.job import Job
from luthier.errors import LuthierError
from luthier.events import EventLog
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.spec_file import load_spec
from luthier.storage import read_json, write_json

HEARTBEAT_S = 1.0
INTERRUPTED = 143
NO_ROOM = errno.ENOSPC
"""Left with when the disk is too full even for `result.json`."""


class Stop:
    """True once somebody asked this worker to leave."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


def beat(attempt: AttemptFolder, parent: int) -> None:
    """Write the heartbeat every second; leave when the process that watches this one is gone."""
    while True:
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
        write_json(attempt.heartbeat, {"pid": os.getpid(), "time": time.time()})
        time.sleep(HEARTBEAT_S)


def work(job: Job, stop: Stop) -> dict[str, Any]:
    """Do the job; returns the stage's result."""
    from luthier.models.base import locate

    run = RunFolder(job.run)
    spec = load_spec(run.spec)
    log = EventLog(job.folder.events)
    log.write("phase", name="finding the base model")
    base = locate(spec.model, job.models)
    if job.kind == "train":
        from luthier.training.trl_engine import train

        return train(spec, run, job.folder, log, base, job.resume_from, stop)
    if job.kind == "baseline":
        from luthier.evaluation.baseline import baseline

        return baseline(spec, run, job.folder, log, base, stop)
    from luthier.evaluation.tuned import evaluate

    return evaluate(spec, run, job.folder, log, base, stop)


def told(error: Exception) -> dict[str, str]:
    """An error as the watcher reads it."""
    if isinstance(error, LuthierError):
        return {
            "type": type(error).__name__,
            "what": error.what,
            "why": error.why,
            "fix": error.fix,
            "where": error.where,
        }
    return {"type": type(error).__name__, "what": str(error), "why": "", "fix": "", "where": ""}


def main(path: str) -> int:
    try:
        return _main(Job.model_validate(read_json(Path(path))))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return NO_ROOM


def _main(job: Job) -> int:
    stop = Stop()
    threading.Thread(target=beat, args=(job.folder, os.getppid()), daemon=True).start()
    try:
        result = work(job, stop)
    except Exception as error:
        traceback.print_exc()  # into the attempt's log
        write_json(job.folder.result, {"error": told(error)})
        return 1
    if result.get("interrupted"):
        write_json(job.folder.result, {"interrupted": True})
        return INTERRUPTED
    write_json(job.folder.result, {"result": result})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
