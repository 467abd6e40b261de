"""Files of a conversation factory: conversations with their training pairs, each of which is a row."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from luthier.data.formats.extras import Extras, flat, group_name
from luthier.data.formats.misfit import with_hint
from luthier.data.formats.names import GROUP, column
from luthier.data.formats.pairs import PAIR_FIELDS, messages_of
from luthier.data.formats.reading import Reading
from luthier.data.formats.structure import check_structure
from luthier.data.formats.unusable import Unusable
from luthier.data.reading.json_row import kind
from luthier.data.record import Fault, Record

WHY = "A conversation is learned from its training pairs"


def pairs_of_factory(reading: Reading, rows: Iterable[Record | None]) -> Iterator[Record | None]:
    """Training pairs are numbered from 1 through the whole file."""
    count = 0
    for record in rows:
        if record is None or record.fault:
            yield record
            continue
        for conversation in _conversations(record, reading.layout["training_pairs"]):
            fault = _fault(conversation, reading)
            if fault:
                yield _faulty(record, conversation, fault, reading)
                continue
            for pair in conversation[reading.layout["training_pairs"]]:
                count += 1
                yield _row(count, record, conversation, pair, reading)


def _conversations(record: Record, column: str) -> list[dict[str, Any]]:
    """A row is one conversation, or holds a list of them."""
    listed = record.value.get("conversations")
    if column in record.value or not isinstance(listed, list):
        return [record.value]
    found = [each for each in listed if isinstance(each, dict)]
    return found if len(found) == len(listed) and any(column in each for each in found) else [record.value]


def _fault(conversation: Mapping[str, Any], reading: Reading) -> Fault | None:
    name = reading.layout["training_pairs"]
    if name not in conversation:
        fix = "Add them, or take the conversation out"
        return with_hint(Fault("missing_field", f'missing "{name}"', WHY, fix, name), conversation, reading.layout)
    pairs = conversation[name]
    if not isinstance(pairs, list):
        what = f'"{name}" is {kind(pairs)}; expected a list of training pairs'
        return Fault("not_a_list", what, WHY, 'Write [{"user_input": …, "target_response": …}, …]', name)
    if not pairs:
        return Fault("no_pairs", f'"{name}" holds no training pair', WHY, "Add one, or take the conversation out", name)
    return None


def _place(what: str, number: int, reading: Reading) -> str:
    return f"{what} #{number} ({reading.source.name})"


def _faulty(record: Record, conversation: dict[str, Any], fault: Fault, reading: Reading) -> Record:
    place = _place("conversation", record.number, reading)
    return Record(record.number, _raw(conversation, record), conversation, fault=fault, place=place)


def _row(number: int, record: Record, conversation: dict[str, Any], pair: Any, reading: Reading) -> Record:
    row = Record(number, _raw(pair, record), place=_place("training pair", number, reading))
    row.last_only = True  # each answer of its history is learned as a pair of its own
    row.group = _group(record, conversation, reading.extras)
    if not isinstance(pair, dict):
        what = f"the pair is {kind(pair)}, not an object"
        row.fault = Fault("not_an_object", what, "", 'Write {"user_input": …, "target_response": …}')
        return row
    row.value = pair
    row.meta = flat(pair, (*reading.layout.values(), *PAIR_FIELDS))
    row.meta = flat(conversation, (*reading.layout.values(), *PAIR_FIELDS)) | row.meta
    try:
        row.messages = messages_of(pair, conversation, reading.layout)
    except Unusable as error:
        row.fault = error.fault
        return row
    check_structure(row)
    row.time = reading.extras.time_in(pair) or reading.extras.time_in(conversation)
    return row


def _group(record: Record, conversation: Mapping[str, Any], extras: Extras) -> str:
    name = extras.group if extras.group in conversation else column(("id", *GROUP, "uuid"), conversation)
    return (group_name(conversation[name]) if name else "") or str(record.number)


def _raw(value: Any, record: Record) -> bytes:
    """A part of the row has no bytes of its own in the file."""
    if value is record.value:
        return record.raw
    try:
        return orjson.dumps(value, default=str)
    except orjson.JSONEncodeError:  # nested too deeply
        return record.raw
