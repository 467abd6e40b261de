"""How an attempt on a pod ends: its result is taken, or what is lost is told and the pod that is no use is ended."""

import time
from contextlib import suppress
from typing import Any

from luthier.compute import told
from luthier.compute.inputs import name_base
from luthier.compute.job import Job
from luthier.compute.mirror import Mirror
from luthier.compute.orders import Entry, Remote
from luthier.compute.pods.rental import Rental
from luthier.errors import (
    LuthierError,
    PodGone,
    PodInterrupted,
    PodLost,
    PodStartTimeout,
    StorageError,
    StorageUnavailable,
    WorkerDied,
    WorkerKilledForMemory,
)
from luthier.history import RunHistory
from luthier.secrets import redact
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.storage import write_json, write_text

TO_SAVE_S = 15
"""A pod that is to be ended may save its work for so long, once it knows: it looks at every sign of life."""

LAST_SAVE_S = 90
"""The same where no next attempt is near, the money or the time being gone; Spending keeps back more."""

LOG_LINES = 200

AT_WORK = ("working", "uploading", "sending the results")
"""What a pod says once its worker runs; before, the work cannot be the reason that the pod is gone."""


class Endings:
    def __init__(
        self, spec: RunSpec, settings: Settings, remote: Remote, rental: Rental, mirror: Mirror, history: RunHistory
    ):
        self.spec, self.settings = spec, settings
        self.remote, self.rental, self.mirror, self.history = remote, rental, mirror, history

    def outcome(self, ended: dict[str, Any], job: Job) -> dict[str, Any]:
        """The stage's result, once its files are here. Raises what the worker told, PodInterrupted or WorkerDied."""
        if "result" in ended:
            self.mirror.take([Entry.model_validate(entry) for entry in ended["files"]])
            if job.kind == "train":
                name_base(self.history.run.adapter, self.spec.model, self.settings.models)
            write_json(job.folder.result, {"result": ended["result"]})
            return ended["result"]
        if "error" in ended:
            raise self._told(ended["error"], job)
        kind = WorkerKilledForMemory if ended.get("for_memory") else WorkerDied
        self.history.interrupted(job.kind, job.attempt, ended["ended"], ended["leaving"], kind.__name__)
        what = f"the {job.kind} worker of attempt {job.attempt} ended early"
        if ended["leaving"]:
            self._end_pod(job, ended["ended"], evicted=True)
            raise PodInterrupted(what, f"Its pod was told to leave. {ended['ended']}")
        raise kind(what, ended["ended"], f"Its log: {job.folder.log}")

    def gone(self, job: Job, error: BaseException) -> None:
        """Another attempt will be needed: save what can be saved, end the pod where it is no use, tell it."""
        if isinstance(error, PodGone):
            self._lost(job, error)
            return
        self._save(job, LAST_SAVE_S if isinstance(error, LuthierError) else TO_SAVE_S)
        cause = error.what if isinstance(error, LuthierError) else "The run was stopped from outside"
        self.history.interrupted(job.kind, job.attempt, cause, excused=True)

    def keep_log(self, job: Job) -> None:
        """Copy the last lines of the pod's container, while the provider still has them, to `pods/<k>.log`."""
        record = self.rental.records.named(job.pod)
        with suppress(LuthierError):
            if lines := self.rental.provider.logs(record.id or "", LOG_LINES):
                write_text(self.history.run.pods / f"{record.number}.log", redact("\n".join(lines)))

    def _told(self, error: told.Told, job: Job) -> LuthierError:
        """The worker's own error; one that is the pod's fault ends the pod."""
        rebuilt = told.rebuild(error, job.folder.log)
        if isinstance(rebuilt, PodGone):
            self.history.interrupted(job.kind, job.attempt, rebuilt.what, error=type(rebuilt).__name__)
            self._end_pod(job, rebuilt.what)
        else:
            write_json(job.folder.result, {"error": error})
        return rebuilt

    def _lost(self, job: Job, error: PodGone) -> None:
        with suppress(StorageUnavailable, StorageError):
            self.mirror.pull(job.attempt)  # its last words, to know how far it came
        self.keep_log(job)
        log = self.history.run.pods / f"{self.rental.records.named(job.pod).number}.log"
        if log.exists():
            error.fix = f"{error.fix} Its log: {log}".strip()
        beat = self.mirror.seen.get(job.attempt)  # none: perhaps its image or a secret is wrong, as the next one's
        heard = beat is not None and (isinstance(error, PodLost) or beat["phase"] not in AT_WORK)
        excused, kind = isinstance(error, PodInterrupted) or heard, type(error).__name__
        self.history.interrupted(job.kind, job.attempt, f"{error.what}. {error.why}".strip(), excused, kind)
        self._end_pod(job, error.what, evicted=not isinstance(error, PodStartTimeout))

    def _end_pod(self, job: Job, cause: str, evicted: bool = False) -> None:
        self.rental.end(self.rental.records.named(job.pod), cause, evicted)

    def _save(self, job: Job, seconds: float) -> None:
        """Ask the pod to save and stop, and give it so long for that."""
        with suppress(StorageUnavailable, StorageError):  # else what ended the attempt would not be told
            self.remote.put_json(self.remote.key(job.attempt, "stop.json"), {"time": time.time()})
            until = time.monotonic() + self.settings.heartbeat_s + seconds
            while self.mirror.ended(job.attempt) is None and time.monotonic() < until:
                time.sleep(0.5)
            self.mirror.pull(job.attempt)
