"""One order in a pod: fetch what it needs, run the worker, send what it makes, the result last."""

import os
import signal
import subprocess
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from luthier.compute import local, oom, told
from luthier.compute.job import Job
from luthier.compute.orders import Order, Remote, fetch
from luthier.compute.supervise import SILENCE_S, Pulse, cause_of_death
from luthier.errors import AlreadyRunning, HomeError, StorageUnavailable
from luthier.events import EventLog
from luthier.failures.guards import FULL
from luthier.fence import check_fence
from luthier.pod.outputs import outputs
from luthier.pod.sender import Sender
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import load_spec
from luthier.storage import read_json, sha256_json, write_json
from luthier.training.checkpoint_restore import restore
from luthier.training.fingerprint import fingerprint
from luthier.worker import NO_ROOM

POLL_S = 0.1
SEND_AGAIN_S = 2.0
MORE_ROOM = "Set it higher and start the run again: it continues from its newest checkpoint."

Sent = TypeVar("Sent")


class Attempt:
    """`must_stop` says when this pod has to save and leave."""

    def __init__(
        self,
        remote: Remote,
        run: RunFolder,
        order: Order,
        settings: Settings,
        models: Path,
        must_stop: Callable[[], bool],
    ):
        self.remote, self.run_folder, self.order, self.models = remote, run, order, models
        self.must_stop = must_stop
        self.folder = run.attempt(order.attempt)
        self.log = EventLog(self.folder.events)
        self.sender = Sender(remote, run, order, settings.heartbeat_s)

    def run(self) -> None:
        """Returns when it has ended, or a newer attempt has the fence.

        Raises StorageUnavailable where the storage could not be reached until this pod had to leave.
        """
        if self._begun_before():
            return
        self.folder.root.mkdir(parents=True, exist_ok=True)
        with suppress(AlreadyRunning):
            with self.sender:
                content = self._delivered(self._worked())
            self._sent(lambda: self._tell_end(content))

    def _begun_before(self) -> bool:
        """Whether a container of this pod that is gone began it; where that one did not end it, it is ended here."""
        begun, ended = (self._told_before(name) for name in ("heartbeat.json", "result.json"))
        if begun and not ended:
            cause = "The pod's container was started again, so its worker is gone"
            self._tell_end({"ended": cause, "leaving": self.must_stop(), "files": []})
        return begun or ended

    def _told_before(self, name: str) -> bool:
        return self.remote.get_json(self.remote.key(self.order.attempt, name)) is not None

    def _worked(self) -> dict[str, Any]:
        """How the worker ended: {result} or {error}, else {ended: why} and perhaps {for_memory}."""
        try:
            job = self._prepare()
        except AlreadyRunning:
            raise
        except Exception as error:
            traceback.print_exc()
            full = isinstance(error, OSError) and error.errno in FULL
            return _no_room() if full else {"error": told.tell(error)}
        kills_before = oom.kills()
        process = local.start(job, load_spec(self.run_folder.spec).compute.threads)
        try:
            return self._followed(process, kills_before)
        finally:
            local.stop(process, grace_s=0)

    def _prepare(self) -> Job:
        """The run's files, the base model and the newest checkpoint, here; and the worker's job."""
        run, order, bucket = self.run_folder, self.order, self.remote.bucket
        self.sender.say("fetching")
        self.log.write("phase", name="fetching the run's files")
        fetch(bucket, order.inputs, run.root)
        base = self._base() if order.base else None
        write_json(self.folder.fence, {"attempt": order.attempt, "time": time.time()})
        check_fence(run, self.folder)
        job = Job(
            kind=order.kind,
            attempt=order.attempt,
            run=run.root,
            models=self.models,
            base=base,
            resume_from=self._restored(base) if order.kind == "train" else None,
            progress=order.progress,
            flow_run=order.flow_run,
            watcher=os.getpid(),
            needs_gpu="RUNPOD_API_BASE_URL" not in os.environ,  # a simulated cloud, which says where it is, has none
        )
        write_json(self.folder.job, job.model_dump(mode="json"))
        self.sender.say("working")
        return job

    def _base(self) -> Path:
        """The base model's folder, by its content, so that every pod on a volume finds the same."""
        folder = self.models / sha256_json([[entry.path, entry.sha256] for entry in self.order.base])
        self.log.write("phase", name="fetching the base model")
        fetch(self.remote.bucket, self.order.base, folder)
        return folder

    def _restored(self, base: Path | None) -> Path | None:
        """The newest whole checkpoint of this very training, fetched; torn ones are passed over and named."""
        from luthier.models.base import locate

        run = self.run_folder
        spec = load_spec(run.spec)
        self.sender.say("restoring")
        self.log.write("phase", name="fetching the newest checkpoint")
        mine = fingerprint(spec, run, base or locate(spec.model, self.models))
        checkpoint, passed_over = restore(self.remote.bucket, self.remote.checkpoints, run.checkpoints, mine)
        for torn in passed_over:
            self.log.write("passed_over", path=torn.path.name, reason=torn.reason)
        return checkpoint.path if checkpoint else None

    def _followed(self, process: subprocess.Popen[bytes], kills_before: int) -> dict[str, Any]:
        pulse, hung = Pulse(self.folder), False
        while process.poll() is None and not hung:
            if self.sender.superseded:
                return {}
            if self.must_stop() or self.sender.stop_asked:
                process.terminate()
            hung = pulse.silent_s() > SILENCE_S
            time.sleep(POLL_S)
        told_by_worker = read_json(self.folder.result) if self.folder.result.exists() else {}
        if told_by_worker.get("error", {}).get("type") == HomeError.__name__:
            return _no_room()
        if told_by_worker and not told_by_worker.get("interrupted"):
            return told_by_worker
        if process.returncode == NO_ROOM:
            return _no_room()
        if hung:
            return {"ended": f"Its heartbeat stood still for {SILENCE_S} s, so it was ended"}
        for_memory = process.returncode == -signal.SIGKILL and oom.kills() > kills_before
        cause = cause_of_death(process.returncode, saved=bool(told_by_worker), for_memory=for_memory)
        return {"ended": cause, "for_memory": for_memory}

    def _delivered(self, ended: dict[str, Any]) -> dict[str, Any]:
        """Send all that is left, then the files that were made; returns what is to be told of the end."""
        self._sent(self.sender.flush)
        made = outputs(self.run_folder, self.order.kind) if "result" in ended else []
        self.sender.say("sending the results")
        files = self._sent(lambda: self.remote.send(self.run_folder.root, made)) if made else []
        return ended | {"leaving": self.must_stop(), "files": [entry.model_dump() for entry in files]}

    def _tell_end(self, content: dict[str, Any]) -> None:
        self.sender.may_publish()
        self.remote.put_json(self.remote.key(self.order.attempt, "result.json"), content)

    def _sent(self, call: Callable[[], Sent]) -> Sent:
        """What `call` gives; while the storage does not answer it is called again, until this pod has to leave."""
        while True:
            try:
                return call()
            except StorageUnavailable as error:
                if self.must_stop():
                    raise
                print(error, flush=True)
            time.sleep(SEND_AGAIN_S)


def _no_room() -> dict[str, Any]:
    return {"error": told.tell(HomeError("the pod's disk is full", "", MORE_ROOM, "luthier.toml: pod_disk_gb"))}
