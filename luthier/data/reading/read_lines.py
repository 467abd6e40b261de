"""JSON Lines: one object a line."""

from collections.abc import Iterator

from luthier.data.reading.json_row import parse_row
from luthier.data.reading.source import Source
from luthier.data.record import Record

BOM = b"\xef\xbb\xbf"


def read_lines(source: Source) -> Iterator[Record | None]:
    """Lines end in \\n only: U+2028 and its kin are text inside a JSON string."""
    with source.path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if number == 1:
                line = line.removeprefix(BOM)
            raw = line.rstrip(b"\r\n")
            yield parse_row(number, raw) if raw.strip() else None
