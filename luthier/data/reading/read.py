"""Data files as records, each with its number and its bytes."""

from collections.abc import Iterator

from luthier.data.reading.disguise import check_content
from luthier.data.reading.endings import check_ending
from luthier.data.reading.read_array import read_array
from luthier.data.reading.read_csv import read_csv
from luthier.data.reading.read_docx import read_docx
from luthier.data.reading.read_lines import read_lines
from luthier.data.reading.read_parquet import read_parquet
from luthier.data.reading.read_pdf import read_pdf
from luthier.data.reading.read_text import read_text
from luthier.data.reading.source import TEXTS, Source, check_there
from luthier.data.record import Record
from luthier.errors import DataError

READERS = {
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".json": read_array,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".parquet": read_parquet,
    ".pdf": read_pdf,
    ".docx": read_docx,
    **dict.fromkeys(TEXTS, read_text),
}


def read(source: Source) -> Iterator[Record | None]:
    """A record a row, faulty ones with their fault; None for a blank row.

    Raises DataError where the fault has no row: a missing file, a broken JSON array, a CSV file without a header.
    """
    check_there(source.path)
    check_ending(source.path)
    check_content(source)
    if source.kind not in READERS:
        why = "The rows of a query come from a database"
        raise DataError("this file holds no rows itself", why, "Name it in data.path of a run.", str(source.path))
    yield from READERS[source.kind](source)
