"""Lines of a text that make one row."""

from collections.abc import Sequence
from typing import Any

from luthier.data.reading.encoding import nul_fault, utf8_fault
from luthier.data.reading.json_row import KEPT, LARGEST, too_large
from luthier.data.reading.lines import Line
from luthier.data.record import Fault, Record


def block(lines: Sequence[Line], value: dict[str, Any], fault: Fault | None = None) -> Record | None:
    """A record that begins on the first line that is not blank; None where all are blank."""
    lines = _trimmed(_rejoined(lines))
    if not lines:
        return None
    raw, size = _joined(lines)
    fault = too_large(raw, size) or _not_text(lines) or fault
    return Record(lines[0].number, raw, {} if fault else value, fault=fault)


def text_of(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in _rejoined(lines)).strip()


def filled(lines: Sequence[Line]) -> bool:
    return any(not is_blank(line) for line in lines)


def is_blank(line: Line) -> bool:
    return not line.raw.strip()


def _rejoined(pieces: Sequence[Line]) -> list[Line]:
    """Pieces of one line as one again."""
    whole: list[Line] = []
    for piece in pieces:
        if whole and whole[-1].number == piece.number:
            last = whole.pop()
            piece = Line(piece.number, last.raw + piece.raw, last.size + piece.size)
        whole.append(piece)
    return whole


def _trimmed(lines: Sequence[Line]) -> Sequence[Line]:
    filled = [index for index, line in enumerate(lines) if not is_blank(line)]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _joined(lines: Sequence[Line]) -> tuple[bytes, int]:
    """The bytes and their number; where they are too many for a row, only the beginning."""
    size = sum(line.size for line in lines) + len(lines) - 1
    if size <= LARGEST:
        return b"\n".join(line.raw for line in lines), size
    kept = bytearray()
    for line in lines:
        kept += line.raw[:KEPT] + b"\n"
        if len(kept) >= KEPT:
            break
    return bytes(kept[:KEPT]), size


def _not_text(lines: Sequence[Line]) -> Fault | None:
    """The fault of the first line that has one; the line is named where it is not the row's first."""
    for line in lines:
        if fault := nul_fault(line.raw) or utf8_fault(line.raw):
            behind = f" in line {line.number}" if line is not lines[0] else ""
            return fault._replace(what=fault.what + behind)
    return None
