"""The rows on disk between the passes over them, so that memory does not grow with the data."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from luthier.data.record import Record
from luthier.rows import Message

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema

TOKENS = ("input_ids", "labels")


class RowStore:
    """Rows in the order in which they were read, faulty ones among them (of which only scalars are kept).

    Written once by `add` and `close`, then read batch by batch. Columns: source (its number), number, part and place
    in it, fault (code or null), group, time, meta (JSON), flaws (names by comma), personal (finds), tokens, trained,
    truncated, last_role, last_only, messages, input_ids, labels, raw.
    """

    def __init__(self, path: Path):
        import pyarrow as pa

        self.path = path
        self.rows = 0
        self._scalars, self._schema = _schemas()
        self._out: Any = pa.ipc.new_file(str(path), self._schema)

    def add(self, source: int, records: Sequence[Record]) -> None:
        if not records:
            return
        import pyarrow as pa

        from luthier.models.token_file import int_lists

        scalars = pa.RecordBatch.from_pylist([_entry(source, each) for each in records], self._scalars)
        encoded = [each.encoded if not each.fault else None for each in records]
        tokens = [int_lists([getattr(each, name) if each else () for each in encoded]) for name in TOKENS]
        self._out.write_batch(pa.RecordBatch.from_arrays([*scalars.columns, *tokens], schema=self._schema))
        self.rows += len(records)

    def close(self) -> None:
        self._out.close()

    def batches(self, *columns: str) -> Iterator[tuple[int, "RecordBatch"]]:
        """Each batch, cut to `columns`, with the number of its first row."""
        import pyarrow as pa

        first = 0
        with pa.memory_map(str(self.path)) as file:
            reader = pa.ipc.open_file(file)
            for index in range(reader.num_record_batches):
                batch = reader.get_batch(index)
                yield first, batch.select(columns)
                first += batch.num_rows

    def messages(self) -> Iterator[list[Message]]:
        """Those of the rows without a fault."""
        for _, batch in self.batches("fault", "messages"):
            for fault, messages in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if fault is None:
                    yield messages

    def column(self, name: str) -> list[Any]:
        """One column of all rows; for scalars."""
        return [value for _, batch in self.batches(name) for value in batch.column(0).to_pylist()]

    def chosen(self, rows: set[int], *columns: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Some rows, in order."""
        for first, batch in self.batches(*columns):
            for row in sorted(rows & set(range(first, first + batch.num_rows))):
                yield row, batch.slice(row - first, 1).to_pylist()[0]


def _entry(source: int, record: Record) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "source": source,
        "number": record.number,
        "part": record.part,
        "place": record.place,
        "group": record.group,
        "time": record.time,
        "personal": record.personal,
        "tokens": record.tokens,
        "trained": record.trained,
    }
    if record.fault:
        return entry | {"fault": record.fault.code}
    return entry | {
        "flaws": ",".join(sorted(record.flaws)) or None,
        "truncated": record.truncated,
        "meta": orjson.dumps(record.meta).decode() if record.meta else None,
        "last_role": record.messages[-1]["role"],
        "last_only": record.last_only,
        "messages": record.messages,
        "raw": record.raw,
    }


def _schemas() -> tuple["Schema", "Schema"]:
    """Without the tokens, and with them."""
    import pyarrow as pa

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    kinds = {
        "source": pa.int32(),
        "number": pa.int64(),
        "part": pa.int32(),
        "place": pa.string(),
        "fault": pa.string(),
        "group": pa.string(),
        "time": pa.float64(),
        "meta": pa.string(),
        "flaws": pa.string(),
        "personal": pa.int32(),
        "tokens": pa.int32(),
        "trained": pa.int32(),
        "truncated": pa.bool_(),
        "last_role": pa.string(),
        "last_only": pa.bool_(),
        "messages": pa.list_(message),
        "raw": pa.large_binary(),
    }
    tokens = [(name, pa.list_(pa.int32())) for name in TOKENS]
    return pa.schema(list(kinds.items())), pa.schema([*kinds.items(), *tokens])
