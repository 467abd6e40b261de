"""Beside a run: its folder and checkpoints go to the storage as they come, and the claim on it is kept up."""

import threading
import time
from pathlib import Path
from types import TracebackType

from luthier.bucket import open_bucket
from luthier.compute.orders import Remote
from luthier.compute.owner import Owner
from luthier.errors import AlreadyRunning, LuthierError
from luthier.home import home_id
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.sharing.folder import SharedFolder
from luthier.spec_file import load_spec
from luthier.storage import write_json
from luthier.training.checkpoint_upload import rotate, snapshots, upload
from luthier.training.checkpoints import MANIFEST, newest_first

LOOK_EVERY_S = 0.5
SEND_EVERY_S = 60
"""Answers, events and how the run stands, between one checkpoint or stage and the next."""


class Sharer:
    """One run of this machine, for as long as it is used as a context manager.

    Entering claims the run and brings what another home did since; raises AlreadyRunning where one works on it,
    StorageUnavailable and StorageError. From then on a storage that is away holds up nothing; `trouble` is the last
    of it that is not over.
    """

    def __init__(self, run: RunFolder, settings: Settings):
        self.run = run
        self.remote = Remote(open_bucket(settings), run.run_id)
        self.owner = Owner(self.remote, home_id(settings.root))
        self.folder = SharedFolder(self.remote, run, self.owner)
        self.sent: set[str] = set()
        self.seen: tuple[Path | None, int] = (None, 0)
        self.brought = self.lost = False
        self.trouble: LuthierError | None = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._keep_sending, daemon=True)

    def __enter__(self) -> "Sharer":
        self.owner.claim_when_gone()
        self.brought = self.folder.bring()
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()
        if not self.lost:
            self._try(last=True)

    def send(self) -> None:
        """The folder, then the checkpoint that rests on it. Raises AlreadyRunning, StorageUnavailable, StorageError."""
        self.folder.send()
        newest = self._newest()
        if newest is not None and newest.name not in self.sent:
            self._send_checkpoint(newest)

    def _send_checkpoint(self, newest: Path) -> None:
        copies, best_step = snapshots(newest, self.sent)
        for path in copies:
            self.sent.add(upload(path, self.remote.bucket, self.remote.checkpoints, self.owner.check))
        self.owner.check()  # a successor may count on what would be removed
        keep = load_spec(self.run.spec).training.keep_checkpoints
        rotate(self.remote.bucket, self.remote.checkpoints, keep, best_step)

    def _keep_sending(self) -> None:
        sent_at = 0.0
        while not self.over.wait(LOOK_EVERY_S) and not self.lost:
            due = time.monotonic() - sent_at > SEND_EVERY_S
            self._try(send=due or self._is_news())
            sent_at = time.monotonic() if due else sent_at

    def _is_news(self) -> bool:
        """Whether a stage or a checkpoint was finished since the last look."""
        now = (self._newest(), len(list(self.run.marker("any").parent.glob("*.json"))))
        before, self.seen = self.seen, now
        return now != before

    def _newest(self) -> Path | None:
        return next((path for path in newest_first(self.run.checkpoints) if (path / MANIFEST).exists()), None)

    def _try(self, send: bool = True, last: bool = False) -> None:
        try:
            self.owner.keep()
            if send:
                self.send()
            if last:
                self.owner.release()
            self.trouble = None
        except AlreadyRunning as error:
            self.trouble, self.lost = error, True
            self._outdate()
        except OSError:  # a checkpoint just rotated away: the next look
            self.seen = (None, 0)
        except LuthierError as error:
            self.trouble, self.seen = error, (None, 0)

    def _outdate(self) -> None:
        """Raise the fence: whoever watches a worker of this run here ends it."""
        number = max(self.run.attempt_numbers(), default=0) + 1
        write_json(self.run.attempt(number).fence, {"attempt": number, "time": time.time()})
