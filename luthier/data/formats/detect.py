"""Which format a file has, seen from the fields of its first rows."""

from collections.abc import Sequence
from pathlib import Path

from luthier.data.formats.table import FORMATS, Format
from luthier.data.record import Record
from luthier.errors import DataError, SpecError
from luthier.spec import DataSpec

LOOKED_AT = 100


class Layout(dict[str, str]):
    """The column of the file for each field of the format: {"prompt": "question_text", …}."""

    def __init__(self, format: Format, columns: dict[str, str]):
        super().__init__({field: columns.get(field, field) for field in format.fields})
        self.format = format


def detect(spec: DataSpec, records: Sequence[Record]) -> Layout:
    """The format asked for, or the one that most of the first rows fit.

    A row that fits no format is no reason to refuse: it becomes a fault of its own later.
    Raises SpecError for columns that do not exist, DataError when no row looks like anything known.
    """
    rows = [set(record.value) for record in records if not record.fault][:LOOKED_AT]
    found = sorted(set().union(*rows))
    _check_columns(spec, found)
    candidates = [FORMATS[spec.format]] if spec.format != "auto" else list(FORMATS.values())
    layouts = [Layout(format, spec.columns) for format in candidates if set(spec.columns) <= set(format.fields)]
    if not layouts:
        known = "; ".join(f"{format.name}: {', '.join(format.fields)}" for format in candidates)
        what = f"no format has the fields {', '.join(spec.columns)}"
        raise SpecError(what, "", f"Fields by format: {known}.", "data.columns")
    best = max(layouts, key=lambda layout: _fit(layout, rows))
    if spec.format == "auto" and rows and _fit(best, rows) == (0, 0):
        raise _unknown(found, spec.path)
    return best


def _fit(layout: Layout, rows: list[set[str]]) -> tuple[int, int]:
    """Rows that have every required field, then fields that are there at all."""
    required = {layout[field] for field in layout.format.required}
    return sum(required <= row for row in rows), sum(len(required & row) for row in rows)


def _check_columns(spec: DataSpec, found: list[str]) -> None:
    for field, column in spec.columns.items():
        if found and column not in found:
            what = f'no row has a column "{column}"'
            raise SpecError(what, f"Columns found: {', '.join(found[:20])}", "", f"data.columns.{field}")


def _unknown(found: list[str], path: Path) -> DataError:
    names = ", ".join(name[:40] for name in found[:20])
    known = "; ".join(" + ".join(format.required) for format in FORMATS.values())
    why = f"Fields found: {names or 'none'}. Known: {known}"
    fix = "Rename the fields, or say which is which: data.columns: {prompt: …, completion: …}."
    return DataError("the rows are in no known format", why, fix, str(path))
