"""Which format a file has, seen from its first rows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from luthier.data.formats.extras import flat
from luthier.data.formats.guess import guessed_pair
from luthier.data.formats.layout import Layout
from luthier.data.formats.message_table import table_columns, table_layout
from luthier.data.formats.slack import is_side_file, is_slack
from luthier.data.formats.table import EVERYWHERE, FLAT, FORMATS
from luthier.data.formats.tickets import kind_of
from luthier.data.record import Record
from luthier.data_spec import DataSpec
from luthier.errors import DataError, SpecError

LOOKED_AT = 100

Row = Mapping[str, Any]
Rows = Sequence[Row]


def _holds_pairs(row: Row, layout: Layout) -> bool:
    """A conversation with training pairs, or a list of such."""
    pairs, listed = layout["training_pairs"], row.get("conversations")
    return pairs in row or (
        isinstance(listed, list) and any(isinstance(each, dict) and pairs in each for each in listed)
    )


_SHAPES: dict[str, Callable[[Row, Layout], bool]] = {
    "conversation_factory": _holds_pairs,
    "chatgpt": lambda row, layout: isinstance(row.get(layout["mapping"]), dict),
    "slack": lambda row, layout: is_slack(row),
    "help_desk": lambda row, layout: kind_of(row) is not None,
}
"""Formats that are seen from more than the names of their fields; the more particular first."""

_BY_NAMES = ("messages", "sharegpt", "preference", *FLAT)
"""Formats that have every required field."""


def detect(spec: DataSpec, records: Sequence[Record]) -> Layout:
    """The format asked for, or the one that most of the first rows fit.

    A row that fits no format is no reason to refuse: it becomes a fault of its own later.
    Raises SpecError for columns that do not exist, DataError when no row looks like anything known, or when two
    columns could be the answer.
    """
    rows = [record.value for record in records if not record.fault][:LOOKED_AT]
    found = sorted({name for row in rows for name in row})
    _check_columns(spec, found, rows)
    layouts = _candidates(spec)
    if spec.format == "message_table":
        return table_layout(rows, spec.columns) or Layout(FORMATS[spec.format], table_columns(found, spec.columns))
    if spec.format != "auto":
        return layouts[0]
    if not rows:
        return layouts[0]
    if is_side_file(spec.path, [dict(row) for row in rows]):
        return Layout(FORMATS["slack"], spec.columns)
    layout = _seen(spec, layouts, rows)
    if layout is None:
        raise _unknown(found, spec.path)
    return layout


def _candidates(spec: DataSpec) -> list[Layout]:
    """Formats that have the fields which the spec names; those seen from their shape first."""
    order = [*_SHAPES, *_BY_NAMES, "message_table", "text"]
    formats = [FORMATS[name] for name in order] if spec.format == "auto" else [FORMATS[spec.format]]
    named = set(spec.columns) - set(EVERYWHERE)
    layouts = [Layout(format, spec.columns) for format in formats if named <= set(format.fields)]
    if not layouts:
        known = "; ".join(f"{format.name}: {', '.join(format.fields)}" for format in formats)
        raise SpecError(
            f"no format has the fields {', '.join(spec.columns)}", "", f"Fields by format: {known}.", "data.columns"
        )
    return layouts


def _seen(spec: DataSpec, layouts: list[Layout], rows: Rows) -> Layout | None:
    """The format most rows fit; where they are less than half, a guess by the names of the columns comes first."""
    usual = [layout for layout in layouts if layout.format.name in (*_SHAPES, *_BY_NAMES)]
    best = max(usual, key=lambda layout: _fit(layout, rows), default=None)
    if best is not None and _fit(best, rows)[0] * 2 >= len(rows):
        return best
    return _guessed(spec, {layout.format.name for layout in layouts}, rows) or (
        best if best is not None and _fit(best, rows) > (0, 0) else None
    )


def _guessed(spec: DataSpec, formats: set[str], rows: Rows) -> Layout | None:
    """A table of messages, a pair of columns, or running text."""
    table = table_layout(rows, spec.columns) if "message_table" in formats else None
    if table and _has_key_or_roles(table, rows):
        return table
    if "prompt_completion" in formats and (pair := guessed_pair(rows, spec.columns, str(spec.path))):
        return pair
    if table:
        return table
    text = Layout(FORMATS["text"], spec.columns)
    return text if "text" in formats and _is_running_text(text, rows) else None


def _has_key_or_roles(table: Layout, rows: Rows) -> bool:
    """Whether nothing but a table of messages looks like this."""
    if "group" not in table:
        return False
    keys = [str(row.get(table["group"])) for row in rows]
    return len(set(keys)) < len(keys)


def _is_running_text(layout: Layout, rows: Rows) -> bool:
    halves = {field for name in _BY_NAMES for field in FORMATS[name].required}
    return sum(isinstance(row.get(layout["text"]), str) and not halves & set(row) for row in rows) * 2 >= len(rows)


def _fit(layout: Layout, rows: Rows) -> tuple[int, int]:
    """Rows that look like the format, then fields that are there at all."""
    shape = _SHAPES.get(layout.format.name)
    if shape:
        fit = sum(shape(row, layout) for row in rows)
        return fit, 10 * fit  # before formats that only have the same name for a field
    required = {layout[field] for field in layout.format.required}
    return sum(required <= set(row) for row in rows), sum(len(required & set(row)) for row in rows)


def _check_columns(spec: DataSpec, found: list[str], rows: Rows) -> None:
    for field, column in spec.columns.items():
        if not found or column in found or _is_inside(field, column, rows):
            continue
        what = f'no row has a column "{column}"'
        raise SpecError(what, f"Columns found: {', '.join(found[:20])}", "", f"data.columns.{field}")


def _is_inside(field: str, column: str, rows: Rows) -> bool:
    """Time and group may stand in an object of the row, fields of a training pair in its pairs."""
    if field in EVERYWHERE:
        return any(column in flat(row) for row in rows)
    pairs = [each for row in rows for value in row.values() if isinstance(value, list) for each in value]
    in_pairs = field in FORMATS["conversation_factory"].optional
    return in_pairs and any(isinstance(pair, dict) and column in pair for pair in pairs)


def _unknown(found: list[str], path: Path) -> DataError:
    names = ", ".join(name[:40] for name in found[:20])
    known = "; ".join(" + ".join(FORMATS[name].required) for name in _BY_NAMES)
    why = f"Fields found: {names or 'none'}. Known: {known}"
    fix = "Rename the fields, or say which is which: data.columns: {prompt: …, completion: …}."
    return DataError("the rows are in no known format", why, fix, str(path))
