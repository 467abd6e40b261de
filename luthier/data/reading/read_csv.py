"""CSV: a header, then a row an example; cells may hold line ends in quotes."""

import csv
from collections.abc import Iterator

from luthier.data.reading.encoding import nul_fault, utf8_fault
from luthier.data.reading.json_row import LARGEST, too_large
from luthier.data.reading.read_lines import BOM
from luthier.data.reading.source import Source
from luthier.data.record import Fault, Record
from luthier.errors import DataError


class _Lines:
    """Feeds a CSV reader and remembers the bytes of the row it is reading."""

    def __init__(self, source: Source):
        self.source = source
        self.row = b""

    def __iter__(self) -> Iterator[str]:
        with self.source.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                line = line.removeprefix(BOM) if number == 1 else line
                self.row += line
                yield line.decode(errors="surrogateescape")

    def taken(self) -> bytes:
        row, self.row = self.row, b""
        return row.rstrip(b"\r\n")


def read_csv(source: Source) -> Iterator[Record | None]:
    """Rows are numbered by the line of the file on which they begin.

    Raises DataError without a usable header, and for a quote that is never closed: it swallows what follows.
    """
    csv.field_size_limit(LARGEST)
    lines = _Lines(source)
    reader = csv.reader(lines, strict=True)
    header: list[str] = []
    begin = 1
    while (cells := _next(reader, source, begin)) is not None:
        raw = lines.taken()
        if header:
            yield _row(begin, raw, header, cells) if cells else None
        elif cells:
            header = _header(source, begin, cells)
        begin = reader.line_num + 1
    if not header:
        raise DataError("the file has no header", "", "Name the columns in its first line.", str(source.path))


def _next(reader: Iterator[list[str]], source: Source, begin: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        why = "a quoted cell begins here and its quote is never closed" if "end of data" in str(error) else str(error)
        fix = 'Put cells with quotes, commas or line ends in "…" and double the quotes inside them.'
        raise DataError(f"broken CSV: {why}", "", fix, f"{source.path.name}:{begin}") from None


def _header(source: Source, line: int, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    where = f"{source.path.name}:{line}"
    if twice := {name for name in names if names.count(name) > 1}:
        raise DataError(
            f"two columns are named {', '.join(sorted(twice))!r}", "", "Give each column its own name.", where
        )
    if fault := utf8_fault("".join(names).encode(errors="surrogateescape")):
        raise DataError(f"the header cannot be read: {fault.what}", fault.why, f"{fault.fix}.", where)
    return names


def _row(number: int, raw: bytes, header: list[str], cells: list[str]) -> Record:
    fault = too_large(raw) or nul_fault(raw) or utf8_fault(raw)
    if not fault and len(cells) != len(header):
        what = f"the row has {len(cells)} cells; expected {len(header)}, as in the header"
        why = "Often a comma or a quote in a text that is not quoted"
        fault = Fault("wrong_cell_count", what, why, 'Put that text in "…"')
    return Record(number, raw, fault=fault) if fault else Record(number, raw, dict(zip(header, cells, strict=True)))
