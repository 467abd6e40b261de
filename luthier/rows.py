"""Training rows on disk: Parquet with `id, group, messages, meta, last_only`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NotRequired, TypedDict

import orjson

from luthier.storage import atomic_path


class Message(TypedDict):
    role: str
    content: str


class Row(TypedDict):
    """`id` is `<line or pair number>` of the source, behind its name where there are several; rows of one `group` stay
    on one side of a split. `meta` holds the row's further fields as JSON, or nothing. `last_only`: earlier answers are
    history, learned in rows of their own.
    """

    id: str
    group: str
    messages: list[Message]
    meta: NotRequired[str | None]
    last_only: NotRequired[bool | None]


def rejected_answer(row: Row) -> str | None:
    """The answer that somebody found worse than the row's last one; None where there is none in its place."""
    answer = orjson.loads(row.get("meta") or "{}").get("rejected")
    return answer if isinstance(answer, str) else None


def write_rows(path: Path, rows: list[Row]) -> None:
    with row_writer(path) as write:
        write(rows)


@contextmanager
def row_writer(path: Path) -> Iterator[Callable[[list[Row]], None]]:
    """What it yields writes some rows; the file is there when the block ends well."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    texts = ("id", "group", "meta")
    others = [("messages", pa.list_(message)), ("last_only", pa.bool_())]
    schema = pa.schema([(name, pa.string()) for name in texts] + others)
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema) as out:
        yield lambda rows: out.write_table(pa.Table.from_pylist(rows, schema=schema)) if rows else None


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
