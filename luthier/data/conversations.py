"""Rows of any known format as conversations, those that cannot be learned from with their fault."""

from pathlib import Path

from luthier.data.formats.assemble import assembled, conversations
from luthier.data.formats.layout import Layout
from luthier.data.reading.source import Source, check_file
from luthier.data.record import Record
from luthier.data_spec import DataSpec
from luthier.errors import DataError, LuthierError, Problems
from luthier.rows import Row

SHOWN = 20


def understand(records: list[Record], data: DataSpec) -> Layout:
    """Make conversations of the records, in place, each with its messages or its fault. Returns what was understood.

    Raises SpecError and DataError as `detect` does.
    """
    layout, found = assembled(Source(data.path), list(records), data)
    records[:] = [record for record in found if record]
    return layout


def read_conversations(path: Path) -> list[Row]:
    """Every row of a file that has to be sound from end to end; nothing is split, counted or written.

    Raises DataError for a fault of the file as a whole, Problems with the first faulty rows.
    """
    check_file(path)
    source = Source(path)
    _, found = conversations(source, DataSpec(path=path))
    records = [record for record in found if record]
    if not records:
        raise DataError("the data file holds no rows", "", "Write one example a row.", str(path))
    faults: list[LuthierError] = [
        record.fault.error(record.place or source.where(record.number), way_out=False)
        for record in records
        if record.fault
    ]
    if faults:
        raise Problems(f"{path.name} is refused: {len(faults):,} rows cannot be used", faults[:SHOWN])
    return [{"id": str(record.number), "group": str(record.number), "messages": record.messages} for record in records]
