"""Data files as records, each with its number and its bytes."""

from collections.abc import Iterator

from luthier.data.reading.read_array import read_array
from luthier.data.reading.read_csv import read_csv
from luthier.data.reading.read_lines import read_lines
from luthier.data.reading.read_parquet import read_parquet
from luthier.data.reading.source import Source
from luthier.data.record import Record

READERS = {
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".json": read_array,
    ".csv": read_csv,
    ".parquet": read_parquet,
}


def read(source: Source) -> Iterator[Record | None]:
    """A record a row, faulty ones with their fault; None for a blank row.

    Raises DataError where the fault has no row: a broken JSON array, a CSV file without a header.
    """
    return READERS[source.path.suffix.lower()](source)
