"""What parts the cells of a CSV file, from how evenly it parts the first rows."""

import csv
import io
import re
from collections.abc import Sequence

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LOOKED_AT = 50

_TOLD = re.compile(r"sep=(.)\s*", re.IGNORECASE)


def told(line: str) -> str | None:
    """The delimiter that Excel may name in a first line of its own: `sep=;`."""
    found = _TOLD.fullmatch(line.strip("\r\n"))
    return found.group(1) if found else None


def delimiter(start: str) -> str:
    """`start` is the beginning of the file from its header on, perhaps cut off in the middle of a row.

    One that parts the header, and the rows into as many cells; the comma where none does.
    """
    best = max(DELIMITERS, key=lambda mark: _fit(_cells(start, mark)))  # the first of equals
    return best if _fit(_cells(start, best)) > (0.0, 0) else ","


def _fit(counts: Sequence[int]) -> tuple[float, int]:
    """Share of the rows with as many cells as the header, then the number of cells."""
    if not counts or counts[0] < 2:
        return 0.0, 0
    return sum(count == counts[0] for count in counts) / len(counts), counts[0]


def _cells(start: str, mark: str) -> list[int]:
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=mark)
    counts: list[int] = []
    try:
        for cells in reader:
            if cells:
                counts.append(len(cells))
            if len(counts) > LOOKED_AT:
                break
    except csv.Error:  # judged by the reader itself, row by row
        pass
    return counts[:-1] if len(counts) > 1 and not start.endswith(("\n", "\r")) else counts
