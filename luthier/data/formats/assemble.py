"""The rows of one file as conversations: its layout is seen from the first of them, then all go by."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from luthier.data.formats.detect import LOOKED_AT, detect
from luthier.data.formats.extras import Extras
from luthier.data.formats.factory import pairs_of_factory
from luthier.data.formats.help_desk import conversations_of_tickets
from luthier.data.formats.layout import Layout
from luthier.data.formats.message_table import conversations_of_table
from luthier.data.formats.normalise import normalise
from luthier.data.formats.reading import Reading
from luthier.data.formats.slack import conversations_of_slack
from luthier.data.formats.structure import check_structure
from luthier.data.reading.read import read
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.data_spec import DataSpec
from luthier.errors import LuthierError

PATIENCE = 1000
"""Rows among which sound ones are looked for."""


def conversations(source: Source, data: DataSpec) -> tuple[Layout, Iterator[Record | None]]:
    """What was understood of the file, and a record for each unit of it: a row, a training pair, a conversation.

    A record has its messages or its fault; None is a blank row. Rows are read as they are asked for, except that
    tables of single messages are gathered in memory.
    Raises SpecError and DataError as `detect` and `read` do; the iterator raises them too.
    """
    return assembled(source, read(source), data)


def assembled(source: Source, rows: Iterable[Record | None], data: DataSpec) -> tuple[Layout, Iterator[Record | None]]:
    """`conversations` of rows that are read already."""
    rest = iter(rows)
    begun, broken = _begin(rest)
    first = [record for record in begun if record and not record.fault][:LOOKED_AT]
    own = _own(source, data)
    layout = detect(own, first)
    extras = Extras(layout, [record.value for record in first])
    reading = Reading(source, own, layout, extras, first, source.path == data.path)
    return layout, _ASSEMBLERS.get(layout.format.name, _row_by_row)(reading, chain(begun, broken, rest))


def _begin(rows: Iterator[Record | None]) -> tuple[list[Record | None], Iterator[Record | None]]:
    """The first rows; and where the file breaks off among them, what raises its error after them."""
    begun: list[Record | None] = []
    sound = 0
    while sound < LOOKED_AT and len(begun) < PATIENCE:
        try:
            record = next(rows)
        except StopIteration:
            break
        except LuthierError as error:
            return begun, _raising(error)
        begun.append(record)
        sound += record is not None and not record.fault
    return begun, iter(())


def _raising(error: LuthierError) -> Iterator[Record | None]:
    raise error
    yield  # a generator raises when it is asked for its first row


def _own(source: Source, data: DataSpec) -> DataSpec:
    """The spec as it is meant for this file: its format and columns are those of the source.

    For the path that the spec names they are the spec's own; such a source may have been made of the path alone.
    """
    if source.path == data.path:
        return data
    return data.model_copy(update={"path": source.path, "format": source.format, "columns": dict(source.columns)})


def _row_by_row(reading: Reading, rows: Iterable[Record | None]) -> Iterator[Record | None]:
    for record in rows:
        if record and not record.fault:
            normalise(record, reading.layout)
            if not record.fault:
                check_structure(record)
            reading.extras.fill(record)
        yield record


_ASSEMBLERS: dict[str, Callable[[Reading, Iterable[Record | None]], Iterator[Record | None]]] = {
    "conversation_factory": pairs_of_factory,
    "message_table": conversations_of_table,
    "slack": conversations_of_slack,
    "help_desk": conversations_of_tickets,
}
