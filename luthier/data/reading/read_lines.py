"""JSON Lines: one object a line."""

from collections.abc import Iterator

from luthier.data.reading.json_row import parse_row
from luthier.data.reading.lines import Line, lines
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.errors import DataError


def read_lines(source: Source) -> Iterator[Record | None]:
    """Raises DataError where the first line shows that values go over several lines."""
    begun = False
    for line in lines(source):
        if not begun and (begun := bool(line.raw.strip())):
            _check_first(source, line)
        yield parse_row(*line) if line.raw.strip() else None


def _check_first(source: Source, line: Line) -> None:
    """Otherwise each line of such a file would be a fault of its own."""
    found = {b"[": "a list", b"[{": "a list", b"{": "an object"}.get(line.raw.strip())
    if found:
        what = f"the file holds {found} that goes over several lines"
        why = f"In a {source.kind} file each line is one object"
        fix = "Give the file the ending .json." if found == "a list" else "Write each object on one line."
        raise DataError(what, why, fix, source.where(line.number))
