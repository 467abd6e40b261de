"""A file of rows, understood in one call."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from luthier.data.formats.assemble import conversations
from luthier.data.formats.layout import Layout
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.data_spec import DataSpec

Take = Callable[..., "Taken"]


class Taken(NamedTuple):
    layout: Layout
    rows: list[Record | None]
    source: Source

    @property
    def sound(self) -> list[Record]:
        return [record for record in self.rows if record and not record.fault]

    @property
    def faults(self) -> list[str]:
        """As a person reads them."""
        faulty = [record for record in self.rows if record and record.fault]
        return [str(each.fault.error(each.place or self.source.where(each.number), True)) for each in faulty]

    @property
    def texts(self) -> list[list[str]]:
        """Each conversation as "role: text"."""
        return [[f"{each['role']}: {each['content']}" for each in record.messages] for record in self.sound]


def encoded(rows: Any, name: str) -> bytes:
    """Rows in the format that the file's name says; bytes and texts as they are."""
    if isinstance(rows, bytes | str):
        return rows.encode() if isinstance(rows, str) else rows
    if name.endswith(".jsonl"):
        return b"".join(orjson.dumps(row) + b"\n" for row in rows)
    if name.endswith(".csv"):
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()
    if name.endswith(".parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        held = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), held)
        return held.getvalue()
    return orjson.dumps(rows)


def taken(folder: Path, rows: Any, name: str = "data.jsonl", **data) -> Taken:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(rows, name))
    source = Source(path)
    layout, found = conversations(source, DataSpec(path=path, **data))
    return Taken(layout, list(found), source)
