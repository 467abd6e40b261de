"""What a pod and the machine that rented it say to each other: objects of the run in the storage.

runs/<run_id>/fence.json                 the attempt that counts, and the pod it was given to
runs/<run_id>/attempts/<n>/order.json    what that pod is to do
                          heartbeat.json the pod's sign of life, with how much of the rest there is
                          events/, log/  parts of the worker's growing files
                          partial.jsonl  finished answers; spec.yaml: the values the model itself decided
                          stop.json      written at home: save, then stop
                          result.json    last: how it ended, and the files it made
runs/<run_id>/pods/<k>.json              what is known of each pod, for a home that takes the run over
runs/<run_id>/owner.json                 the home that works on it
runs/<run_id>/files/<sha256>             what goes in and comes out, by content: nobody can overwrite another's
runs/<run_id>/checkpoints/…              by step and attempt, manifest last
"""

from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from luthier.bucket import Bucket
from luthier.compute.job import Kind
from luthier.errors import StorageUnavailable
from luthier.storage import sha256_file


class Entry(BaseModel):
    """A file by its place in a folder and by its content; `key` is where the storage has it."""

    path: str
    size: int
    sha256: str
    key: str


class Order(BaseModel):
    """One attempt, for one pod. `base`: the base model's files where home has them as a folder, else empty.

    progress and flow_run as in Job.
    """

    kind: Kind
    attempt: int
    pod: str
    progress: int = 0
    flow_run: str = ""
    inputs: list[Entry] = []
    base: list[Entry] = []


class Fence(BaseModel):
    """The newest attempt; `pod` is the number of the pod that may work on it."""

    attempt: int
    pod: int


class Remote:
    """A run in the storage. Every call raises StorageUnavailable or StorageError."""

    def __init__(self, bucket: Bucket, run_id: str):
        self.bucket, self.run_id = bucket, run_id
        self.root = f"runs/{run_id}"
        self.checkpoints = f"{self.root}/checkpoints"

    def key(self, attempt: int, name: str) -> str:
        return f"{self.root}/attempts/{attempt}/{name}"

    def attempts(self) -> list[int]:
        """Numbers of all attempts that have an order."""
        prefix = f"{self.root}/attempts/"
        orders = (stored.key for stored in self.bucket.list(prefix) if stored.key.endswith("/order.json"))
        return sorted(int(key.removeprefix(prefix).split("/")[0]) for key in orders)

    def give(self, order: Order, pod: int) -> None:
        """Write the order, then the fence: from here on older attempts and pods may not write."""
        self.put_json(self.key(order.attempt, "order.json"), order.model_dump(mode="json"))
        self.put_json(f"{self.root}/fence.json", {"attempt": order.attempt, "pod": pod})

    def fence(self) -> Fence | None:
        found = self.get_json(f"{self.root}/fence.json")
        return Fence.model_validate(found) if found else None

    def order(self, attempt: int) -> Order:
        return Order.model_validate(self.get_json(self.key(attempt, "order.json")))

    def put_json(self, key: str, value: Any) -> None:
        self.bucket.put(key, orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))

    def get_json(self, key: str) -> Any:
        """The object's value, or None when there is none."""
        content = self.bucket.get(key)
        return orjson.loads(content) if content is not None else None

    def send(self, folder: Path, names: list[str], below: str = "") -> list[Entry]:
        """Put files of `folder` into the storage unless their content is there; `below`: another place for them."""
        place = below or f"{self.root}/files"
        there = {stored.key for stored in self.bucket.list(f"{place}/")}
        return [self._send(folder, name, place, there) for name in names]

    def _send(self, folder: Path, name: str, place: str, there: set[str]) -> Entry:
        path = folder / name
        digest = sha256_file(path)
        entry = Entry(path=name, size=path.stat().st_size, sha256=digest, key=f"{place}/{digest}")
        if entry.key not in there:
            self.bucket.put(entry.key, path)
        return entry


def fetch(bucket: Bucket, entries: list[Entry], folder: Path) -> None:
    """Download what `folder` does not hold yet. Raises StorageUnavailable where the content is not what was put."""
    for entry in entries:
        target = folder / entry.path
        if target.is_file() and target.stat().st_size == entry.size and sha256_file(target) == entry.sha256:
            continue
        bucket.download(entry.key, target)
        if sha256_file(target) != entry.sha256:
            target.unlink()
            raise StorageUnavailable(
                f"{entry.path} did not arrive as it was sent", "Its hash differs.", "It is fetched again.", entry.key
            )
