"""Parquet, a batch of rows at a time."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from luthier.data.reading.json_row import element_row
from luthier.data.reading.source import Source
from luthier.data.reading.stream import PACKED
from luthier.data.record import Fault, Record
from luthier.errors import DataError

if TYPE_CHECKING:
    from pyarrow import RecordBatch

BATCH = 1000


def read_parquet(source: Source) -> Iterator[Record | None]:
    """Rows are numbered from 1. Raises DataError when the file is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(_seekable(source)) as file:
            _check_names(source, file.schema_arrow.names)
            for batch in file.iter_batches(BATCH):
                for index in range(len(batch)):
                    number += 1
                    yield _row(number, batch.slice(index, 1))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last: a damaged column name
        why = (str(error) or "no reason was told").splitlines()[0]
        raise DataError("this is not a whole Parquet file", why, "Write it again.", str(source.path)) from None


def _seekable(source: Source) -> Any:
    """Parquet begins at its end; one that is packed once more has to be unpacked first."""
    if source.path.suffix.lower() not in PACKED:
        return source.path
    with source.open() as stream:
        return io.BytesIO(stream.read())


def _check_names(source: Source, names: list[str]) -> None:
    if twice := {name for name in names if names.count(name) > 1}:
        told = ", ".join(sorted(twice))
        raise DataError(f"two columns are named {told!r}", "", "Give each column its own name.", str(source.path))


def _row(number: int, batch: "RecordBatch") -> Record:
    try:
        value = batch.to_pylist()[0]
    except UnicodeDecodeError as error:
        what = f"a text is not UTF-8: {error.reason} at byte {error.start + 1}"
        fault = Fault("wrong_encoding", what, "Parquet keeps text as UTF-8", "Write the file again from its source")
        return Record(number, b"", fault=fault)
    except (ValueError, OverflowError, ImportError) as error:  # a date beyond the year 9999, an unknown time zone
        fault = Fault("unusable_value", f"a value cannot be read: {error}", "", "Write it as a text")
        return Record(number, b"", fault=fault)
    return element_row(number, value)
