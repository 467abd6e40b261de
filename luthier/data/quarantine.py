"""Rows that were set aside, with their reasons and everything needed to mend them."""

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.storage import write_jsonl


def write_quarantine(path: Path, source: Source, records: Iterable[Record]) -> None:
    write_jsonl(path, (_entry(source, record) for record in records if not record.accepted))


def code_of(record: Record) -> str:
    return record.fault.code if record.fault else "duplicate"


def _entry(source: Source, record: Record) -> dict[str, Any]:
    entry = {
        "source": source.path.name,
        "line": record.number,
        "code": code_of(record),
        "reason": _reason(record, source),
    }
    try:
        return {**entry, "raw": record.raw.decode()}
    except UnicodeDecodeError:
        return {**entry, "raw_base64": base64.b64encode(record.raw).decode()}


def _reason(record: Record, source: Source) -> str:
    return record.fault.what if record.fault else f"duplicate of {source.unit} {record.duplicate_of}"
