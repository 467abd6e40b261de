"""A file's bytes, unpacked on the way; a small file that unpacks to a huge one is refused."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from luthier.errors import DataError

PACKED = (".gz", ".gzip", ".zst", ".zstd")
"""Endings that say only how a file is packed."""

MOST_EXPANDED = 1 << 30
"""Bytes that any packed file may unpack to."""

MOST_RATIO = 200
"""How many times its packed size a file may unpack to beyond that. Text packs 3 to 30 times smaller."""

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PIECE = 2048  # of packed bytes; Zstandard may unpack each to 64 MB at worst


def open_stream(path: Path, name: str) -> BinaryIO:
    """`name` is for messages. What is packed is seen from the first bytes, whatever the file's ending says."""
    file = path.open("rb")
    start = file.read(4)
    file.seek(0)
    if start.startswith(GZIP):
        return io.BufferedReader(_Unpacked(file, _gunzip(file), name, "gzip"), 1 << 16)
    if start.startswith(ZSTD):
        return io.BufferedReader(_Unpacked(file, _unzstd(file), name, "Zstandard"), 1 << 16)
    if start and path.suffix.lower() in PACKED:
        file.close()
        what = f'its name ends in "{path.suffix}", but it is not packed like that'
        raise DataError(what, "The first bytes are others", "Pack it again, or take that ending off.", name)
    return file


def _gunzip(file: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as unpacked:
        while piece := unpacked.read(1 << 16):
            yield piece


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    import zstandard

    rest = b""
    while piece := rest or file.read(_PIECE):
        frame = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        while piece:
            yield frame.decompress(piece)
            piece = b"" if frame.eof else file.read(_PIECE)
        if not frame.eof:
            raise EOFError
        rest = frame.unused_data


class _Unpacked(io.RawIOBase):
    """The pieces as a stream."""

    def __init__(self, file: BinaryIO, pieces: Iterator[bytes], name: str, kind: str):
        self.file, self.pieces, self.name, self.kind = file, pieces, name, kind
        self.packed = file.seek(0, io.SEEK_END)
        file.seek(0)
        self.expanded = 0
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self.rest:
            piece = self._next()
            if piece is None:
                return 0
            self.rest = piece
        taken = self.rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self.rest = self.rest[len(taken) :]
        return len(taken)

    def _next(self) -> bytes | None:
        try:
            piece = next(self.pieces, None)
        except EOFError:
            why = f"It unpacks to {self.expanded:,} bytes, and then ends in the middle"
            raise DataError(f"the {self.kind} file is cut off", why, "Fetch it again.", self.name) from None
        except (OSError, zlib.error, _zstd_error()) as error:
            why = f"{error}, after {self.expanded:,} unpacked bytes"
            raise DataError(f"the {self.kind} file is damaged", why, "Pack or fetch it again.", self.name) from None
        self.expanded += len(piece or b"")
        if self.expanded > MOST_EXPANDED and self.expanded > MOST_RATIO * self.packed:
            what = f"the file holds {self.packed:,} bytes and unpacks to more than {self.expanded:,}"
            why = f"More than {MOST_RATIO} times as much is no text, but something made to fill a disk"
            raise DataError(what, why, "Unpack it yourself, if you trust it.", self.name)
        return piece

    def close(self) -> None:
        self.file.close()
        super().close()


def _zstd_error() -> type[Exception]:
    import zstandard

    return zstandard.ZstdError
