"""Lines of a text file, however long: never more of one than a row may hold is kept in memory."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from luthier.data.reading.json_row import KEPT, LARGEST
from luthier.data.reading.source import Source
from luthier.data.reading.utf16 import as_utf8

BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """`raw` has no line end. Of a line that is larger than a row may be, it is only the beginning; `size` is true."""

    number: int
    raw: bytes
    size: int

    @property
    def text(self) -> str:
        return self.raw.decode(errors="replace")


def lines(source: Source) -> Iterator[Line]:
    """Lines end in \\n, with or without \\r; in \\r alone where the file has no \\n. U+2028 and its kin are text."""
    for number, piece, size in _physical(source):
        raw = piece.rstrip(b"\r\n")
        yield Line(number, raw, size if size > len(piece) else len(raw))


def whole_lines(source: Source) -> Iterator[tuple[int, bytes, int]]:
    """Number, bytes with the line's end, true size."""
    yield from _physical(source)


def _physical(source: Source) -> Iterator[tuple[int, bytes, int]]:
    with as_utf8(source.open()) as stream:
        old = _old_mac(stream)
        for number, (piece, size) in enumerate(_pieces(_Carriage(stream) if old else stream), start=1):
            marked = number == 1 and piece.startswith(BOM)
            yield number, piece.removeprefix(BOM) if marked else piece, size - len(BOM) if marked else size


def _old_mac(stream: BinaryIO) -> bool:
    start = stream.peek(1 << 16) if hasattr(stream, "peek") else b""
    return b"\r" in start.rstrip(b"\r") and b"\n" not in start


def _pieces(stream: "BinaryIO | _Carriage") -> Iterator[tuple[bytes, int]]:
    while piece := stream.readline(LARGEST + 3):  # 3: a byte order mark or the line's end are no part of the row
        size = len(piece)
        if piece.endswith(b"\n") or size < LARGEST + 3:
            yield piece, size
            continue
        end, size = piece[-1:], len(piece.rstrip(b"\r"))
        while end != b"\n" and (more := stream.readline(1 << 20)):
            size += len(more.rstrip(b"\r\n"))
            end = more[-1:]
        yield piece[:KEPT], size


class _Carriage:
    """Lines that end in \\r alone, as old Macs and some exports of Excel write them."""

    def __init__(self, stream: BinaryIO):
        self.stream = stream
        self.rest = b""

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self.rest and len(self.rest) < limit and (more := self.stream.read(1 << 16)):
            self.rest += more.replace(b"\r", b"\n")
        end = self.rest.find(b"\n", 0, limit) + 1 or limit
        line, self.rest = self.rest[:end], self.rest[end:]
        return line
