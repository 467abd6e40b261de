"""The page as PDF, by an engine that comes whole in its wheel."""

from pathlib import Path

from luthier.storage import atomic_path


def write_pdf(html: str, target: Path, title: str) -> None:
    """`html` must be self-contained. Size, margins and page numbers come from its @page rules."""
    import plutoprint

    book = plutoprint.Book(plutoprint.PAGE_SIZE_A4, media=plutoprint.MEDIA_TYPE_PRINT)
    book.set_metadata(plutoprint.PDF_METADATA_TITLE, title)
    book.load_html(html)
    with atomic_path(target) as temporary:
        book.write_to_pdf(str(temporary))
