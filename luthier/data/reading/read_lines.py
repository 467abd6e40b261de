"""JSON Lines: one object a line."""

from collections.abc import Iterator

from luthier.data.reading.json_row import parse_row
from luthier.data.reading.lines import lines
from luthier.data.reading.source import Source
from luthier.data.record import Record


def read_lines(source: Source) -> Iterator[Record | None]:
    for line in lines(source):
        yield parse_row(*line) if line.raw.strip() else None
