"""Exports of help desks: one ticket a row, with all that was said in it."""

from collections import Counter
from collections.abc import Iterable, Iterator

from luthier.data.formats.authors import Authors
from luthier.data.formats.dialogue import dialogue
from luthier.data.formats.misfit import with_hint
from luthier.data.formats.reading import Reading
from luthier.data.formats.structure import check_structure
from luthier.data.formats.tickets import Said, kind_of
from luthier.data.formats.unusable import Unusable
from luthier.data.record import Fault, Record


def conversations_of_tickets(reading: Reading, rows: Iterable[Record | None]) -> Iterator[Record | None]:
    """Who answers is told by the help desk, else by the authors' names in the first tickets.

    Raises DataError when neither does.
    """
    authors = Authors(_unclear(reading.first), reading.data.assistant, reading.source.path, complete=False)
    for record in rows:
        if record and not record.fault:
            _fill(record, reading, authors)
        yield record


def _unclear(tickets: list[Record]) -> Counter[str]:
    """Authors whose role the help desk does not tell, and their messages."""
    read = [(kind, ticket.value) for ticket in tickets if (kind := kind_of(ticket.value))]
    return Counter(said.author for kind, ticket in read for said in kind(ticket) if not said.role)


def _fill(record: Record, reading: Reading, authors: Authors) -> None:
    try:
        record.messages = dialogue(
            record, [(said.role or authors.role(said.author), said.text) for said in _said(record, reading)]
        )
    except Unusable as error:
        record.fault = error.fault
        return
    check_structure(record)
    reading.extras.fill(record)


def _said(record: Record, reading: Reading) -> list[Said]:
    kind = kind_of(record.value)
    if kind is None:
        why = "A ticket holds a list of messages, each with its author and its text"
        fault = Fault("missing_field", 'missing "messages"', why, "Add them, or take the row out", "messages")
        raise Unusable(with_hint(fault, record.value, reading.layout))
    said = [each for each in kind(record.value) if each.text]
    if all(each.time is not None for each in said):
        said.sort(key=lambda each: each.time or 0)
    record.time = next((each.time for each in said if each.time is not None), None)
    return said
