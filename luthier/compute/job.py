"""What a worker is told: `attempts/<n>/job.json`, and the fence that outdates older attempts."""

import itertools
import os
import time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from luthier.run_folder import AttemptFolder, RunFolder
from luthier.storage import read_json, read_jsonl, write_json

Kind = Literal["baseline", "train", "evaluate"]

FOLDERS: dict[Kind, str] = {"baseline": "baseline", "train": "adapter", "evaluate": "evaluation"}
"""Where each kind of work leaves its files in the run's folder; finished answers, if any, in `partial.jsonl` there."""


class Job(BaseModel):
    """One attempt at one piece of work.

    progress is how far the work had come when the attempt began (a checkpoint's step, or answers
    written); flow_run names the flow run that asked, so that "no progress" counts only its attempts;
    watcher is the process that asked: a worker that is no child of it, or no longer, leaves at once.
    base is the base model's folder where it is not the one that the spec names; pod is the name of the rented pod
    that has the job, empty on this machine; needs_gpu: the machine is paid for its GPU.
    """

    kind: Kind
    attempt: int
    run: Path
    models: Path
    base: Path | None = None
    resume_from: Path | None = None
    progress: int = 0
    flow_run: str = ""
    watcher: int = 0
    pod: str = ""
    needs_gpu: bool = False

    @property
    def folder(self) -> AttemptFolder:
        return RunFolder(self.run).attempt(self.attempt)


def new_job(
    run: RunFolder,
    kind: Kind,
    models: Path,
    *,
    progress: int,
    flow_run: str,
    resume_from: Path | None = None,
    pod: str = "",
) -> Job:
    """Number the attempt, write its job and its fence. From here on older attempts may not write."""
    attempt = max(run.attempt_numbers(), default=0) + 1
    job = Job(
        kind=kind,
        attempt=attempt,
        run=run.root,
        models=models,
        resume_from=resume_from,
        progress=progress,
        flow_run=flow_run,
        watcher=os.getpid(),
        pod=pod,
    )
    write_json(job.folder.fence, {"attempt": attempt, "time": time.time()})
    write_json(job.folder.job, job.model_dump(mode="json"))
    return job


def read_job(attempt: AttemptFolder) -> Job:
    return Job.model_validate(read_json(attempt.job))


def attempts_without_progress(run: RunFolder, kind: Kind, flow_run: str, mark: int) -> int:
    """How many attempts at `kind` in a row, in this flow run, began at `mark`, the last ones counted back.

    Those that are excused do not count: a pod that was taken away says nothing about the work, and one that needed
    more memory nothing about the next, which needs less.
    """
    excused = {event["attempt"] for event in read_jsonl(run.events) if event.get("excused")}
    numbers = [n for n in run.attempt_numbers() if n not in excused and run.attempt(n).job.exists()]
    jobs = [read_job(run.attempt(n)) for n in numbers]
    marks = [job.progress for job in jobs if job.kind == kind and job.flow_run == flow_run]
    return sum(1 for _ in itertools.takewhile(lambda other: other == mark, reversed(marks)))
