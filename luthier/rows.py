"""Training rows on disk: Parquet with `id, group, messages`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from luthier.storage import atomic_path


class Message(TypedDict):
    role: str
    content: str


class Row(TypedDict):
    """`id` is `<line or pair number>` of the source; rows of one `group` stay on one side of a split."""

    id: str
    group: str
    messages: list[Message]


def write_rows(path: Path, rows: list[Row]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    schema = pa.schema([("id", pa.string()), ("group", pa.string()), ("messages", pa.list_(message))])
    with atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary)


def row_batches(path: Path) -> Iterator[list[Row]]:
    """The rows, at most a thousand at a time; never an empty batch."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1000):
            if batch.num_rows:  # a file without rows has one batch all the same
                yield batch.to_pylist()


class Rows(Sequence[Row]):
    """The rows of a split, held as Arrow columns; each is made into Python objects only when it is asked for."""

    def __init__(self, path: Path):
        import pyarrow.parquet as pq

        self.table = pq.read_table(path)

    def __len__(self) -> int:
        return self.table.num_rows

    def __getitem__(self, number: int) -> Row:  # type: ignore[override]
        return self.table.slice(range(len(self))[number], 1).to_pylist()[0]
