"""Parquet, a batch of rows at a time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from luthier.data.reading.json_row import element_row
from luthier.data.reading.source import Source
from luthier.data.record import Fault, Record
from luthier.errors import DataError

if TYPE_CHECKING:
    from pyarrow import RecordBatch


def read_parquet(source: Source) -> Iterator[Record | None]:
    """Rows are numbered from 1. Raises DataError when the file is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(source.path) as file:
            for batch in file.iter_batches():
                for index in range(len(batch)):
                    number += 1
                    yield _row(number, batch.slice(index, 1))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last: a damaged column name
        why = str(error).splitlines()[0]
        raise DataError("this is not a whole Parquet file", why, "Write it again.", str(source.path)) from None


def _row(number: int, batch: "RecordBatch") -> Record:
    try:
        value = batch.to_pylist()[0]
    except UnicodeDecodeError as error:
        what = f"a text is not UTF-8: {error.reason} at byte {error.start + 1}"
        fault = Fault("wrong_encoding", what, "Parquet keeps text as UTF-8", "Write the file again from its source")
        return Record(number, b"", fault=fault)
    return element_row(number, value)
