"""Checkpoints on their way to the storage, while training goes on."""

import threading
from collections.abc import Callable
from pathlib import Path

from luthier.compute.orders import Remote
from luthier.errors import AlreadyRunning, LuthierError
from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec
from luthier.training.checkpoint_upload import rotate, snapshots, upload
from luthier.training.checkpoints import newest_first

LOOK_EVERY_S = 0.2


class CheckpointSender(threading.Thread):
    """Sends the newest checkpoint, and the best it counts on; those that came and went meanwhile are left out."""

    def __init__(
        self, remote: Remote, run: RunFolder, attempt: int, may_publish: Callable[[], None],
        before: Callable[[], object],
    ):  # fmt: skip
        super().__init__(daemon=True)
        self.remote, self.run_folder, self.attempt = remote, run, attempt
        self.may_publish, self.before = may_publish, before
        self.sent: set[str] = set()
        self.over = threading.Event()
        self.lock = threading.Lock()

    def run(self) -> None:
        while not self.over.wait(LOOK_EVERY_S):
            try:
                self.flush()
            except AlreadyRunning:
                return
            except (LuthierError, OSError) as error:  # the storage, or a checkpoint just rotated away: the next look
                print(error, flush=True)

    def stop(self) -> None:
        self.over.set()
        self.join()

    def flush(self) -> None:
        """Send what is not there yet. Raises StorageUnavailable, AlreadyRunning."""
        with self.lock:
            newest = next(iter(self._own()), None)
            if newest is not None and newest.name not in self.sent:
                self._send_with_best(newest)

    def _own(self) -> list[Path]:
        return [
            path for path in newest_first(self.run_folder.checkpoints) if path.name.endswith(f"-a{self.attempt:03d}")
        ]

    def _send_with_best(self, newest: Path) -> None:
        copies, best_step = snapshots(newest, self.sent)
        self.before()
        bucket, place = self.remote.bucket, self.remote.checkpoints
        for path in copies:
            self.sent.add(upload(path, bucket, place, self.may_publish))
        self.may_publish()  # a successor may count on what would be removed
        rotate(bucket, place, load_spec(self.run_folder.spec).training.keep_checkpoints, best_step)
