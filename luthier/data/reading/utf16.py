"""Text in UTF-16 as UTF-8, on the way."""

import codecs
import io
from typing import BinaryIO

MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def as_utf8(stream: BinaryIO) -> BinaryIO:
    """The stream itself, unless it begins with the mark of UTF-16.

    What is no character comes out as bytes that are not UTF-8 either, so that the row it stands in is faulty.
    """
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    start = buffered.peek(4)[:4]
    encoding = MARKS.get(start[:2])
    if not encoding or start == b"\xff\xfe\0\0":
        return buffered
    buffered.read(2)
    return io.BufferedReader(_Recoded(buffered, encoding), 1 << 16)


class _Recoded(io.RawIOBase):
    def __init__(self, stream: BinaryIO, encoding: str):
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self.rest = b""
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self.rest and not self.ended:
            self.rest = self._recode(self.stream.read(1 << 15))
        taken = self.rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self.rest = self.rest[len(taken) :]
        return len(taken)

    def _recode(self, piece: bytes) -> bytes:
        self.ended = not piece
        try:
            return self.decoder.decode(piece, final=self.ended).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # half a character at the end of the file
            return b"\xff"

    def close(self) -> None:
        self.stream.close()
        super().close()
