"""Rows of any known format as conversations, those that cannot be learned from with their fault."""

from pathlib import Path

from luthier.data.formats.detect import Layout, detect
from luthier.data.formats.normalise import normalise
from luthier.data.formats.structure import check_structure
from luthier.data.reading.read import read
from luthier.data.reading.source import Source, check_file
from luthier.data.record import Record
from luthier.errors import DataError, LuthierError, Problems
from luthier.rows import Row
from luthier.spec import DataSpec

SHOWN = 20


def understand(records: list[Record], data: DataSpec) -> Layout:
    """Fill in the messages of each sound record, or its fault. Returns the format that was seen.

    Raises SpecError and DataError as `detect` does.
    """
    layout = detect(data, records)
    for record in records:
        if not record.fault:
            normalise(record, layout)
        if not record.fault:
            check_structure(record)
    return layout


def read_conversations(path: Path) -> list[Row]:
    """Every row of a file that has to be sound from end to end; nothing is split, counted or written.

    Raises DataError for a fault of the file as a whole, Problems with the first faulty rows.
    """
    check_file(path)
    source = Source(path)
    records = [record for record in read(source) if record]
    if not records:
        raise DataError("the data file holds no rows", "", "Write one example a row.", str(path))
    understand(records, DataSpec(path=path))
    faults: list[LuthierError] = [
        record.fault.error(source.where(record.number), way_out=False) for record in records if record.fault
    ]
    if faults:
        raise Problems(f"{path.name} is refused: {len(faults):,} rows cannot be used", faults[:SHOWN])
    return [{"id": str(record.number), "group": str(record.number), "messages": record.messages} for record in records]
