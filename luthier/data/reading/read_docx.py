"""Word documents: passages under their headings, tables as text. Nothing in them is executed."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from luthier.data.reading import stream
from luthier.data.reading.extra import documents
from luthier.data.reading.json_row import element_row
from luthier.data.reading.read_text import title
from luthier.data.reading.source import Source
from luthier.data.reading.texts.passages import cut
from luthier.data.record import Record
from luthier.errors import DataError


def read_docx(source: Source) -> Iterator[Record | None]:
    """Rows {title, text}, numbered from 1: a passage under the headings above it.

    Raises DataError for a document that is damaged, encrypted or without text.
    """
    document = _document(source)
    number = 0
    for heading, text in _sections(document, title(source)):
        for passage in cut(text):
            number += 1
            record = element_row(number, {"title": heading, "text": passage})
            record.raw = passage.encode(errors="replace")
            yield record
    if not number:
        why = "Headings alone are nothing to learn from"
        raise DataError("the document holds no text", why, "Name another one.", str(source.path))


def _sections(document: Any, name: str) -> Iterator[tuple[str, str]]:
    """The headings down to each section, and its text."""
    path: dict[int, str] = {}
    kept: list[str] = []
    for part in document.iter_inner_content():
        if hasattr(part, "rows"):
            kept.append("\n".join(_cells(row) for row in part.rows))
        elif level := _level(part):
            yield ": ".join(path.values()) or name, "\n\n".join(kept)
            path = {above: text for above, text in path.items() if above < level} | {level: part.text.strip()}
            kept = []
        elif part.text.strip():
            kept.append(part.text)
    yield ": ".join(path.values()) or name, "\n\n".join(kept)


def _cells(row: Any) -> str:
    """A merged cell is told once."""
    cells: list[Any] = []
    for cell in row.cells:
        if not cells or cell._tc is not cells[-1]._tc:
            cells.append(cell)
    return " | ".join(" ".join(cell.text.split()) for cell in cells)


def _level(paragraph: Any) -> int:
    """1 for a title, 2 for a first heading, …; 0 for what is none."""
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    if not paragraph.text.strip():
        return 0
    if style == "Title":
        return 1
    digit = style.removeprefix("Heading ")
    return int(digit) + 1 if style != digit and digit.isdigit() else 0


def _document(source: Source) -> Any:
    docx = documents("docx", source.name)
    with source.open() as file:
        content = file.read()
    where = str(source.path)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        why = "Its bytes are those of a .doc file, or of one with a password"
        raise DataError("the document is encrypted or an old .doc file", why, "Save a plain .docx copy.", where)
    try:
        _check_size(source, content)
        return docx.Document(io.BytesIO(content))
    except DataError:
        raise
    except Exception as error:  # python-docx raises its own errors, those of zipfile, lxml and Python
        why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise DataError("this is not a whole Word document", why, "Save it again as .docx.", where) from None


def _check_size(source: Source, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > stream.MOST_EXPANDED and size > stream.MOST_RATIO * len(content):
        what = f"the document holds {len(content):,} bytes and unpacks to {size:,}"
        raise DataError(what, "That is no text, but something made to fill a disk", "Leave it out.", source.name)
