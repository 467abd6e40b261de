"""CSV: a header, then a row an example; cells may hold line ends in quotes."""

import csv
from collections.abc import Iterator

from luthier.data.reading.delimiter import DELIMITERS, delimiter, told
from luthier.data.reading.encoding import nul_fault, utf8_fault
from luthier.data.reading.json_row import KEPT, LARGEST, too_large
from luthier.data.reading.lines import whole_lines
from luthier.data.reading.source import Source
from luthier.data.record import Fault, Record
from luthier.errors import DataError

SEEN = 1 << 16
"""Characters from which the delimiter is guessed."""


class _Lines:
    """Feeds a CSV reader and remembers the bytes of the row it is reading, the first ones of a huge row."""

    def __init__(self, source: Source):
        self.lines = whole_lines(source)
        self.ahead: list[tuple[int, bytes, int]] = []
        self.row, self.size = bytearray(), 0

    def start(self) -> str:
        """The beginning of the file, which is still to be fed."""
        size = sum(len(raw) for _, raw, _ in self.ahead)
        while size < SEEN and (line := next(self.lines, None)):
            self.ahead.append(line)
            size += len(line[1])
        return b"".join(raw for _, raw, _ in self.ahead)[:SEEN].decode(errors="replace")

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        _, raw, size = self.ahead.pop(0) if self.ahead else next(self.lines)
        self.size += size
        if size > len(raw):  # a huge line: none of it is parsed
            self.row = self.row or bytearray(raw)
            return ""
        if self.size <= LARGEST + 2:
            self.row += raw
        return raw.decode(errors="surrogateescape")

    def taken(self) -> tuple[bytes, int]:
        """The row's bytes, and how many they are in truth."""
        row, size = bytes(self.row), self.size
        self.row, self.size = bytearray(), 0
        raw = row.rstrip(b"\r\n")
        return (raw, len(raw)) if size <= LARGEST + 2 else (row[:KEPT], size)


def read_csv(source: Source) -> Iterator[Record | None]:
    """Rows are numbered by the line of the file on which they begin. Excel's first line `sep=;` counts as one.

    Raises DataError without a usable header, and for a quote that is never closed: it swallows what follows.
    """
    csv.field_size_limit(LARGEST)
    lines = _Lines(source)
    mark, begin = _delimiter(source, lines), 1
    if told(lines.start().partition("\n")[0]):
        next(lines)
        lines.taken()
        yield None
        begin = 2
    reader = csv.reader(lines, strict=True, delimiter=mark)
    offset = begin - 1
    header: list[str] = []
    for cells in _rows(reader, lines, source, offset):
        raw, size = lines.taken()
        if header:
            yield _row(begin, raw, size, header, cells, mark) if cells or size > len(raw) else None
        elif isinstance(cells, Fault):
            raise DataError(f"the header cannot be read: {cells.what}", cells.why, f"{cells.fix}.", source.where(begin))
        elif cells:
            header = _header(source, begin, cells)
        begin = reader.line_num + offset + 1
    if not header:
        raise DataError("the file has no header", "", "Name the columns in its first line.", str(source.path))


def _delimiter(source: Source, lines: _Lines) -> str:
    if source.kind == ".tsv":
        return "\t"
    start = lines.start()
    while start.startswith(("\n", "\r")):
        start = start[1:]
    first = start.partition("\n")[0]
    return told(first) or delimiter(start)


def _rows(reader: Iterator[list[str]], lines: _Lines, source: Source, offset: int) -> Iterator[list[str] | Fault]:
    """The cells of each row, or what is wrong with it; the row after a broken one begins on the next line."""
    while True:
        begin = reader.line_num + offset + 1  # type: ignore[attr-defined]
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error) or "field larger" in str(error):
                what = "broken CSV: a quoted cell begins here and its quote is never closed"
                fix = 'Put cells with quotes, commas or line ends in "…" and double the quotes inside them.'
                raise DataError(what, "", fix, source.where(begin)) from None
            yield _broken(str(error))


def _broken(error: str) -> Fault:
    if "new-line" in error:
        return Fault("broken_csv", "broken CSV: a line end (CR) stands in a cell", "", 'Put that cell in "…"')
    why = "A quote inside a quoted cell is written twice"
    return Fault("broken_csv", f"broken CSV: {error}", why, 'Write "" for each quote inside that cell')


def _header(source: Source, line: int, cells: list[str]) -> list[str]:
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, start=1)]
    where = source.where(line)
    if twice := {name for name in names if names.count(name) > 1}:
        shown = ", ".join(sorted(twice))
        raise DataError(f"two columns are named {shown!r}", "", "Give each column its own name.", where)
    raw = "".join(names).encode(errors="surrogateescape")
    if fault := nul_fault(raw) or utf8_fault(raw):
        raise DataError(f"the header cannot be read: {fault.what}", fault.why, f"{fault.fix}.", where)
    return names


def _row(number: int, raw: bytes, size: int, header: list[str], cells: list[str] | Fault, mark: str) -> Record:
    fault = too_large(raw, size) or nul_fault(raw) or utf8_fault(raw)
    if not fault and isinstance(cells, Fault):
        fault = cells
    if not fault and len(cells) != len(header):
        what = f"the row has {len(cells)} cells; expected {len(header)}, as in the header"
        why = f"Often a {DELIMITERS.get(mark, mark)} or a quote in a text that is not quoted"
        fault = Fault("wrong_cell_count", what, why, 'Put that text in "…"')
    if fault or isinstance(cells, Fault):
        return Record(number, raw, fault=fault)
    return Record(number, raw, dict(zip(header, cells, strict=True)))
