"""Growing files through a bucket, whose objects cannot grow.

A file's folder in the bucket holds parts `000000000000`, `000000000512` …, each named by the byte where
it starts; together they are the file so far. One sender a file. Nothing is remembered between calls, so
either side may be killed at any time and goes on where it was.
"""

from pathlib import Path

from luthier.bucket.store import Bucket, Stored

PART_BYTES = 2**20
"""The longest part. So the part that holds a byte starts less than this before it, and older ones need no look."""


def send_growth(path: Path, bucket: Bucket, prefix: str) -> int:
    """Store what was appended to `path` since; returns how many bytes are stored by now. Raises what Bucket raises."""
    if not path.exists():
        return 0
    sent = _sent(bucket, prefix, path.stat().st_size)
    with path.open("rb") as file:
        file.seek(sent)
        while part := file.read(PART_BYTES):
            bucket.put(_key(prefix, sent), part)
            sent += len(part)
    return sent


def receive_growth(bucket: Bucket, prefix: str, path: Path) -> int:
    """Append to `path` what its copy in the bucket has more; returns its size by now. Raises what Bucket raises.

    A part may have grown since it was read: a sender that lost an answer stores it once more, and longer.
    """
    size = path.stat().st_size if path.exists() else 0
    for part in bucket.list(prefix, _before(prefix, size)):
        if _start(part) > size:  # the list lags behind; the one in between comes with the next look
            break
        if _end(part) > size:
            size = _append(path, (bucket.get(part.key) or b"")[size - _start(part) :])
    return size


def _sent(bucket: Bucket, prefix: str, size: int) -> int:
    """Bytes that are stored already, of `size`; as a rule the newest parts tell."""
    parts = bucket.list(prefix, _before(prefix, size)) or bucket.list(prefix)
    return max((_end(part) for part in parts), default=0)


def _append(path: Path, content: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(content)
    return path.stat().st_size


def _before(prefix: str, offset: int) -> str:
    """A key that sorts before every part which reaches `offset` or lies behind it."""
    return _key(prefix, offset - PART_BYTES) if offset > PART_BYTES else ""


def _key(prefix: str, offset: int) -> str:
    return f"{prefix}/{offset:012d}"


def _start(part: Stored) -> int:
    return int(part.key.rpartition("/")[2])


def _end(part: Stored) -> int:
    return _start(part) + part.size
