"""What the worker writes goes to the storage beside it: signs of life, events, answers, checkpoints."""

import threading
import time
import uuid
from pathlib import Path
from types import TracebackType

from luthier.bucket import GrowthSender
from luthier.compute.job import FOLDERS
from luthier.compute.orders import Order, Remote
from luthier.errors import AlreadyRunning, LuthierError
from luthier.pod.checkpoint_sender import CheckpointSender
from luthier.run_folder import RunFolder
from luthier.storage import sha256_file


class Sender:
    """A thread for what is small and one for checkpoints; neither ever holds up the worker.

    superseded: a newer attempt has the fence, nothing may be written any more. stop_asked: home wants the work saved
    and stopped.
    """

    def __init__(self, remote: Remote, run: RunFolder, order: Order, heartbeat_s: float):
        self.remote, self.run, self.order, self.heartbeat_s = remote, run, order, heartbeat_s
        self.folder = run.attempt(order.attempt)
        self.boot = uuid.uuid4().hex[:8]
        self.phase, self.beats = "starting", 0
        self.superseded = self.stop_asked = False
        self.sent: dict[Path, str] = {}
        self.growing = {
            "events": GrowthSender(self.folder.events, remote.bucket, self._key("events")),
            "log": GrowthSender(self.folder.log, remote.bucket, self._key("log")),
        }
        self.checkpoints = CheckpointSender(remote, run, order.attempt, self.may_publish, self._send)
        self.over, self.now = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._keep_sending, daemon=True)

    def __enter__(self) -> "Sender":
        self.thread.start()
        self.checkpoints.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.over.set()
        self.now.set()
        self.checkpoints.stop()
        self.thread.join()

    def say(self, phase: str) -> None:
        """What this pod does now; told with the next sign of life, which is at once."""
        self.phase = phase
        self.now.set()

    def flush(self) -> None:
        """Send all that is left. Raises StorageUnavailable."""
        self.say("uploading")
        self.checkpoints.flush()
        self._send()

    def may_publish(self) -> None:
        """Raises AlreadyRunning when a newer attempt has the fence."""
        fence = self.remote.fence()
        if fence and fence.attempt > self.order.attempt:
            self.superseded = True
            raise AlreadyRunning(f"attempt {self.order.attempt} was superseded by attempt {fence.attempt}")

    def _keep_sending(self) -> None:
        while not self.over.is_set():
            self.now.clear()
            try:
                self._send()
                self.stop_asked |= bool(self.remote.get_json(self._key("stop.json")))
            except AlreadyRunning:
                return
            except (LuthierError, OSError) as error:  # the work goes on; the next turn sends what this one could not
                print(error, flush=True)
            self.now.wait(self.heartbeat_s)

    def _send(self) -> None:
        """A checkpoint comes after this: the steps up to it, and the choices it rests on, must be known before it."""
        with self.lock:
            self.may_publish()
            sizes = {name: growing.send() for name, growing in self.growing.items()}
            there = {"spec": self._send_spec(), "answers": self._send_answers()}
            self.beats += 1
            beat = {"boot": self.boot, "beat": self.beats, "phase": self.phase, "time": time.time()}
            self.remote.put_json(self._key("heartbeat.json"), beat | sizes | there)

    def _send_spec(self) -> str | None:
        """The values that the model decided."""
        return self._send_changed(self.run.spec, "spec.yaml")

    def _send_answers(self) -> str | None:
        return self._send_changed(self.run.root / FOLDERS[self.order.kind] / "partial.jsonl", "partial.jsonl")

    def _send_changed(self, path: Path, name: str) -> str | None:
        """Put a small file if its content is new; returns the hash of what is there."""
        if path.exists() and self.sent.get(path) != (digest := sha256_file(path)):
            content = path.read_bytes()
            self.remote.bucket.put(self._key(name), content)
            self.sent[path] = digest
        return self.sent.get(path)

    def _key(self, name: str) -> str:
        return self.remote.key(self.order.attempt, name)
