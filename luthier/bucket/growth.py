"""Growing files through a bucket, whose objects cannot grow.

A file's folder in the bucket holds parts `000000000000`, `000000000512` …, each named by the byte where
it starts; together they are the file so far. One sender a file. Either side may be killed at any time
and goes on where it was.
"""

from pathlib import Path

from luthier.bucket.store import Bucket, Stored

PART_BYTES = 2**20
"""A part is held in memory, so what has grown by more goes up in several."""


class GrowthSender:
    """Stores what is appended to `path` below `prefix`."""

    def __init__(self, path: Path, bucket: Bucket, prefix: str):
        self.path, self.bucket, self.prefix = path, bucket, prefix
        self.sent: int | None = None

    def send(self) -> int:
        """Store what is new; returns how many bytes are stored by now. Raises what Bucket raises."""
        if self.sent is None:
            self.sent = max((_end(part) for part in self.bucket.list(self.prefix)), default=0)
        if not self.path.exists():
            return self.sent
        with self.path.open("rb") as file:
            file.seek(self.sent)
            while part := file.read(PART_BYTES):
                self.bucket.put(_key(self.prefix, self.sent), part)
                self.sent += len(part)
        return self.sent


class GrowthReceiver:
    """Appends to `path` what its copy below `prefix` has more."""

    def __init__(self, bucket: Bucket, prefix: str, path: Path):
        self.bucket, self.prefix, self.path = bucket, prefix, path
        self.last = 0

    def receive(self) -> int:
        """Append what is new; returns the file's size by now. Raises what Bucket raises.

        The last part that is known is listed again each time: a sender that lost an answer stores it
        once more, and longer.
        """
        parts = self.bucket.list(self.prefix, after=_key(self.prefix, self.last - 1) if self.last else "")
        size = self.path.stat().st_size if self.path.exists() else 0
        for part in parts:
            if _start(part) > size:  # the list lags behind; the one in between comes with a later look
                break
            if _end(part) > size:
                size = self._append((self.bucket.get(part.key) or b"")[size - _start(part) :])
            self.last = _start(part)
        return size

    def _append(self, content: bytes) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(content)
        return self.path.stat().st_size


def _key(prefix: str, offset: int) -> str:
    return f"{prefix}/{offset:012d}"


def _start(part: Stored) -> int:
    return int(part.key.rpartition("/")[2])


def _end(part: Stored) -> int:
    return _start(part) + part.size
