"""PDF documents, page by page. Nothing in them is executed."""

import io
import logging
from collections.abc import Iterator
from typing import Any

from luthier.data.reading.extra import documents
from luthier.data.reading.json_row import element_row
from luthier.data.reading.read_text import title
from luthier.data.reading.source import Source
from luthier.data.reading.texts.passages import cut
from luthier.data.record import Fault, Record
from luthier.errors import DataError


def read_pdf(source: Source) -> Iterator[Record | None]:
    """Rows {title, text}: passages, none of which crosses a page. A page without text is blank.

    Each has a place of its own: two rows of one place are taken for one that was read twice.

    Raises DataError for a document that is damaged, encrypted, or holds pictures of text only.
    """
    number = 0
    pages = _pages(source)
    for page, text in enumerate(pages, start=1):
        told: list[Any] = [text] if isinstance(text, Fault) else cut(text) or [None]
        for passage, each in enumerate(told, start=1):
            number += 1
            place = f"{source.name}: page {page}" + (f", passage {passage}" if len(told) > 1 else "")
            if each is None:
                yield None
            elif isinstance(each, Fault):
                yield Record(number, b"", fault=each, place=place)
            else:
                record = element_row(number, {"title": title(source), "text": each})
                record.raw, record.place = each.encode(errors="replace"), place
                yield record


def _pages(source: Source) -> Iterator[str | Fault]:
    reader = _reader(source)
    found = False
    for page in _guarded(source, lambda: iter(reader.pages)):
        try:
            text = page.extract_text().encode(errors="replace").decode()
        except Exception as error:  # whatever a damaged page raises
            why = f"{type(error).__name__}: {error}"
            yield Fault("broken_page", "the page cannot be read", why, "Write the document again, or leave it out")
            found = True
            continue
        found = found or bool(text.strip())
        yield text
    if not found:
        why = "Its pages are probably pictures of a scanned document"
        raise DataError("the document holds no text", why, "Let a program for text recognition (OCR) read it first.",
                        str(source.path))  # fmt: skip


def _reader(source: Source) -> Any:
    pypdf = documents("pypdf", source.name)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters is in the messages
    with source.open() as stream:
        content = io.BytesIO(stream.read())
    if not content.getvalue().lstrip()[:1024].count(b"%PDF"):
        why = "A PDF document begins with %PDF"
        raise DataError("this is not a PDF document", why, "Give it the ending of what it is.", str(source.path))
    reader = _guarded(source, lambda: pypdf.PdfReader(content))
    if reader.is_encrypted and not _opens(reader):
        why = "It opens only with a password"
        raise DataError("the document is encrypted", why, "Save a copy without the password.", str(source.path))
    _guarded(source, lambda: len(reader.pages))
    return reader


def _opens(reader: Any) -> bool:
    """Many are encrypted only against changes, and open without a password."""
    try:
        return bool(reader.decrypt(""))
    except Exception:  # an unknown kind of encryption
        return False


def _guarded(source: Source, step: Any) -> Any:
    try:
        return step()
    except Exception as error:  # pypdf raises its own errors, and Python's own for what it did not expect
        why = f"{type(error).__name__}: {error}"
        raise DataError("the PDF document is damaged", why, "Write it again.", str(source.path)) from None
