"""The files of one run, by name. The layout is a contract: see docs/how-it-works.md."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from luthier.errors import AlreadyRunning
from luthier.storage import read_json, write_json


class RunFolder:
    """`$LUTHIER_HOME/runs/<run_id>/`."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self.run_id = self.root.name
        self.spec = self.root / "spec.yaml"
        self.asked = self.root / "asked.yaml"
        self.base = self.root / "base.json"
        self.data = self.root / "data"
        self.accepted = self.data / "accepted.parquet"
        self.quarantine = self.data / "quarantine.jsonl"
        self.validation = self.data / "validation.json"
        self.page = self.data / "page.html"
        self.docs = self.data / "docs"
        self.approval = self.root / "approval.json"
        self.status = self.root / "status.json"
        self.failure = self.root / "failure.json"
        self.notes = self.root / "notes.jsonl"
        self.failures = self.root / "failures.jsonl"
        self.baseline = self.root / "baseline"
        self.evaluation = self.root / "evaluation"
        self.attempts = self.root / "attempts"
        self.pods = self.root / "pods"
        self.estimate = self.root / "estimate.json"
        self.checkpoints = self.root / "checkpoints"
        self.adapter = self.root / "adapter"
        self.report = self.root / "report"
        self.package = self.root / "package.zip"
        self.events = self.root / "events.jsonl"
        self.metrics = self.root / "metrics.csv"
        self.tracking = self.root / "tracking.json"

    def split(self, name: str) -> Path:
        """`name`: train, validation or test."""
        return self.data / f"{name}.parquet"

    def tokens(self, name: str) -> Path:
        """`name`: train or validation."""
        return self.data / "tokens" / f"{name}.arrow"

    def attempt(self, number: int) -> "AttemptFolder":
        return AttemptFolder(self.attempts / str(number))

    def attempt_numbers(self) -> list[int]:
        return sorted(int(entry.name) for entry in self.attempts.glob("[0-9]*"))

    # Completion markers: written last by a stage, hence "the stage is done".

    def marker(self, stage: str) -> Path:
        return self.root / "stages" / f"{stage}.json"

    def completed(self, stage: str, key: str) -> dict[str, Any] | None:
        """The summary a finished stage left, or None if it must run (or ran with another key)."""
        marker = self.marker(stage)
        if not marker.exists():
            return None
        content = read_json(marker)
        return content["summary"] if content["key"] == key else None

    def complete(self, stage: str, key: str, summary: dict[str, Any], seconds: float) -> None:
        write_json(self.marker(stage), {"key": key, "seconds": seconds, "summary": summary})

    @contextmanager
    def locked(self, wait: bool = False) -> Iterator[None]:
        """Hold the run for this process; the lock ends with the process, however it ends.

        wait: until the process that holds it ends; else raises AlreadyRunning.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a+") as handle:
            while wait and not _taken(handle, fcntl.LOCK_EX, tries=1):
                time.sleep(1)
            if not wait and not _taken(handle, fcntl.LOCK_EX, tries=10):
                handle.seek(0)
                raise AlreadyRunning(
                    f"run {self.run_id} is already being worked on by process {handle.read().strip() or '?'}",
                    "Two processes must not write the same run.",
                    "Wait for it, or stop that process and start again: the run continues where it was.",
                ) from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def is_held(self) -> bool:
        """Whether a live process works on it."""
        lock = self.root / "lock"
        if not lock.exists():
            return False
        with lock.open() as handle:
            return not _taken(handle, fcntl.LOCK_SH, tries=1)


def _taken(handle: IO[str], kind: int, tries: int) -> bool:
    """Take a lock; tried again a few times, as somebody who only looks holds it for a moment too."""
    for left in reversed(range(tries)):
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05 if left else 0)
        else:
            return True
    return False


class AttemptFolder:
    """`attempts/<n>/`: what one worker process was told and what it says."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self.number = int(self.root.name)
        self.job = self.root / "job.json"
        self.fence = self.root / "fence.json"
        self.worker = self.root / "worker.json"
        self.heartbeat = self.root / "heartbeat.json"
        self.events = self.root / "events.jsonl"
        self.log = self.root / "log.txt"
        self.result = self.root / "result.json"
        self.meeting = self.root / "meeting"

    def told_by(self, rank: int) -> Path:
        """The failure of a process that trained with the worker, told as in `result`."""
        return self.root / f"process-{rank}.json"
