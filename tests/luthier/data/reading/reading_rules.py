"""What holds of every reader, whatever the bytes: it ends in an error for people or gives back each row."""

import tempfile
from pathlib import Path

from luthier.data.reading.read import read
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.errors import LuthierError

MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
TEXT = (".txt", ".md", ".log")


def rows(content: bytes, name: str) -> list[Record | None]:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return list(read(Source(path)))


def check(content: bytes, name: str) -> bool:
    """Whether the file was read. Raises AssertionError for a lost row, and whatever a reader should not raise."""
    try:
        found = rows(content, name)
    except LuthierError as error:
        assert str(error)
        return False
    records = [record for record in found if record]
    for record in records:
        assert isinstance(record.value, dict) and isinstance(record.raw, bytes)
        assert bool(record.fault) or record.value is not None
        if not record.fault:
            for value in record.value.values():
                _encodable(value)
    numbers = [record.number for record in records]
    assert numbers == sorted(numbers), numbers
    kind = Path(name).suffix
    if content.startswith((*MARKS[1:], *PACKED)):
        return True
    content = content.removeprefix(MARKS[0])
    if kind == ".jsonl":
        assert len(found) == lines(content), (len(found), lines(content))
    if kind in (".csv", ".tsv"):
        told = squeezed(b"".join(record.raw for record in records))
        assert squeezed(content).endswith(told)
    if kind in TEXT:
        left_over(content, [record.raw for record in records])
    return True


def lines(content: bytes) -> int:
    old = b"\n" not in content and b"\r" in content.rstrip(b"\r")
    end = b"\r" if old else b"\n"
    return content.count(end) + (not content.endswith(end))


def squeezed(content: bytes) -> bytes:
    return b"".join(content.split())


def left_over(content: bytes, raws: list[bytes]) -> bytes:
    """What of the content is in no row, without white space; the rows have to follow each other in it."""
    rest, left = squeezed(content), b""
    for raw in map(squeezed, raws):
        before, found, rest = rest.partition(raw) if raw else (b"", b"", rest)
        assert found or not raw, raw
        left += before
    return left + rest


def _encodable(value) -> None:
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for each in value.values():
            _encodable(each)
    elif isinstance(value, list):
        for each in value:
            _encodable(each)
