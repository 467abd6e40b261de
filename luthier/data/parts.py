"""The accepted rows and their split on disk."""

from collections.abc import Sequence

from luthier.data.inspection.duplicates import Duplicates
from luthier.data.record import Record
from luthier.data.split import SPLITS, divide, groups
from luthier.rows import Row, write_rows
from luthier.run_folder import RunFolder
from luthier.spec import SplitSpec


def write_parts(
    run: RunFolder, sound: Sequence[Record], found: Duplicates, shares: SplitSpec, seed: int
) -> dict[str, list[Row]]:
    """Write accepted.parquet and a file a split; returns the rows by split. Raises DataError when they are too few."""
    kept = [index for index, record in enumerate(sound) if record.accepted]
    group_of = groups(found, kept)
    names = divide(group_of if shares.by == "group" else kept, shares, seed)
    rows = [_row(sound[index], sound[group]) for index, group in zip(kept, group_of, strict=True)]
    parts: dict[str, list[Row]] = {name: [] for name in SPLITS}
    for name, row in zip(names, rows, strict=True):
        parts[name].append(row)
    write_rows(run.accepted, rows)
    for name, part in parts.items():
        write_rows(run.split(name), part)
    return parts


def _row(record: Record, first: Record) -> Row:
    return {"id": str(record.number), "group": str(first.number), "messages": record.messages}
