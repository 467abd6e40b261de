"""The run folder at home follows what pods write into the storage, so that all else reads files as of a local run."""

from pathlib import Path
from typing import Any

from luthier.bucket import GrowthReceiver
from luthier.compute.job import FOLDERS, Job
from luthier.compute.orders import Remote, fetch
from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec, save_spec
from luthier.storage import atomic_path, write_bytes, write_json


class Mirror:
    """Every call raises StorageUnavailable or StorageError."""

    def __init__(self, remote: Remote, run: RunFolder):
        self.remote, self.run = remote, run
        self.seen: dict[int, dict[str, Any]] = {}
        self.growing: dict[Path, GrowthReceiver] = {}

    def attempts(self) -> list[int]:
        """Numbers of all attempts in the storage; each has its folder and job here afterwards."""
        numbers = self.remote.attempts()
        for number in numbers:
            if not self.run.attempt(number).job.exists():
                self._adopt(number)
        return numbers

    def pull(self, number: int) -> dict[str, Any] | None:
        """Copy what is new of an attempt; returns its pod's newest sign of life, or None."""
        beat = self.remote.get_json(self.remote.key(number, "heartbeat.json"))
        if beat is None or beat == self.seen.get(number):
            return beat
        attempt, before = self.run.attempt(number), self.seen.get(number, {})
        self._receive(number, "events", attempt.events)
        self._receive(number, "log", attempt.log)
        if beat.get("answers") and beat["answers"] != before.get("answers"):
            self._take_answers(number)
        if beat.get("spec") and beat["spec"] != before.get("spec"):
            self._take_choices(number)
        write_json(attempt.heartbeat, beat)
        self.seen[number] = beat
        return beat

    def ended(self, number: int) -> dict[str, Any] | None:
        """How the attempt ended, as its pod told; None while it has not.

        {result | error | ended, leaving, files}; of one that `ended` also whether `for_memory`.
        """
        return self.remote.get_json(self.remote.key(number, "result.json"))

    def take(self, files: list[Any]) -> None:
        """Fetch the files that an attempt made, each verified."""
        fetch(self.remote.bucket, files, self.run.root)

    def _receive(self, number: int, name: str, path: Path) -> None:
        if path not in self.growing:
            self.growing[path] = GrowthReceiver(self.remote.bucket, self.remote.key(number, name), path)
        self.growing[path].receive()

    def _adopt(self, number: int) -> None:
        """The job of an attempt that another machine ordered: this run's numbers go on after it."""
        order = self.remote.order(number)
        job = Job(run=self.run.root, models=self.run.root, **order.model_dump(exclude={"inputs", "base"}))
        write_json(job.folder.job, job.model_dump(mode="json"))

    def _take_answers(self, number: int) -> None:
        """The finished answers, so that the next pod asks only for those that are missing."""
        content = self.remote.bucket.get(self.remote.key(number, "partial.jsonl"))
        if content is not None:
            folder = FOLDERS[self.remote.order(number).kind]
            write_bytes(self.run.root / folder / "partial.jsonl", content)

    def _take_choices(self, number: int) -> None:
        """The values of `training` that the model itself decided in the pod; all that was settled before is home's."""
        content = self.remote.bucket.get(self.remote.key(number, "spec.yaml"))
        if content is None:
            return
        with atomic_path(self.run.attempt(number).root / "spec.yaml") as temporary:
            temporary.write_bytes(content)
        chosen = load_spec(self.run.attempt(number).root / "spec.yaml").training
        mine = load_spec(self.run.spec)
        was_open = [key for key, value in mine.training if value is None and getattr(chosen, key) is not None]
        if was_open:
            training = mine.training.model_copy(update={key: getattr(chosen, key) for key in was_open})
            save_spec(mine.model_copy(update={"training": training}), self.run.spec)
