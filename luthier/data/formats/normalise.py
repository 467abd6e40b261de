"""Rows of every format as messages."""

from typing import Any

import orjson

from luthier.data.formats.detect import Layout
from luthier.data.formats.table import ROLES
from luthier.data.reading.json_row import kind
from luthier.data.record import Fault, Record
from luthier.rows import Message

_TURN_FIELDS = (("role", "content"), ("from", "value"))


class Unusable(Exception):
    """Carries the fault of a row out of the depth where it is seen."""

    def __init__(self, fault: Fault):
        super().__init__(fault.what)
        self.fault = fault


def normalise(record: Record, layout: Layout) -> None:
    """Fill the record's messages, or its fault. Texts stay as they are, to the last space."""
    try:
        record.messages = _conversation(record, layout) if layout.format.is_conversation else _flat(record, layout)
    except Unusable as error:
        record.fault = error.fault


def _flat(record: Record, layout: Layout) -> list[Message]:
    ask, answer = (_text(record, layout[field]) for field in layout.format.required)
    if extra := _optional(record, layout.get("input")):
        ask = f"{ask}\n\n{extra}"
    turns: list[Message] = [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
    system = _optional(record, layout.get("system"))
    return [{"role": "system", "content": system}, *turns] if system else turns


def _text(record: Record, column: str) -> str:
    if column not in record.value:
        raise Unusable(_missing(record, column))
    value = record.value[column]
    if not isinstance(value, str):
        what = f'"{column}" is {kind(value)}; expected a text'
        raise Unusable(Fault("not_a_text", what, "", "Write it as a text in quotes", column))
    if not value.strip():
        why = "There is nothing to learn from an empty text"
        raise Unusable(Fault("empty_text", f'"{column}" is empty', why, "Fill it in or take the row out", column))
    return value


def _optional(record: Record, column: str | None) -> str:
    """The text of a field that may be missing, null or blank."""
    value = record.value.get(column) if column else None
    return "" if column is None or value is None or not str(value).strip() else _text(record, column)


def _conversation(record: Record, layout: Layout) -> list[Message]:
    (column,) = (layout[field] for field in layout.format.required)
    if column not in record.value:
        raise Unusable(_missing(record, column))
    turns = _list(record.value[column])
    if not isinstance(turns, list):
        what = f'"{column}" is {kind(turns)}; expected a list of messages'
        raise Unusable(Fault("not_a_list", what, "", 'Write [{"role": "user", "content": …}, …]', column))
    return [_message(turn, f"{column}[{index}]") for index, turn in enumerate(turns)]


def _list(value: Any) -> Any:
    """A cell of a table may hold its messages as JSON."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _message(turn: Any, field: str) -> Message:
    if not isinstance(turn, dict):
        what = f"{field} is {kind(turn)}; expected an object with role and content"
        raise Unusable(Fault("not_a_message", what, "", 'Write {"role": "user", "content": …}', field))
    names = next((pair for pair in _TURN_FIELDS if pair[0] in turn), _TURN_FIELDS[0])
    for name in names:
        if name not in turn:
            raise Unusable(Fault("missing_field", f'{field} has no "{name}"', "", "Add it", f"{field}.{name}"))
    if turn.get("tool_calls") or turn.get("function_call"):
        what = f"{field} calls a tool; expected a text"
        raise Unusable(Fault("tool_call", what, "Tool calls are not trained on", "Take the row out", field))
    role, content = (turn[name] for name in names)
    if ROLES.get(role if isinstance(role, str) else "") is None:
        shown = f'"{role[:40]}"' if isinstance(role, str) else kind(role)
        what = f"{field}.{names[0]} is {shown}; expected system, user or assistant"
        raise Unusable(Fault("unknown_role", what, "", "Rename the role", f"{field}.{names[0]}"))
    if not isinstance(content, str):
        what = f"{field}.{names[1]} is {kind(content)}; expected a text"
        raise Unusable(Fault("not_a_text", what, "", "Write it as a text in quotes", f"{field}.{names[1]}"))
    return {"role": ROLES[role], "content": content}


def _missing(record: Record, column: str) -> Fault:
    why = f"Each row needs it to learn from; this one has: {', '.join(list(record.value)[:8])[:120] or 'no fields'}"
    return Fault("missing_field", f'missing "{column}"', why, "Add the field", column)
