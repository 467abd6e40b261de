"""Rows of every layout that holds a conversation a row, as messages."""

from collections.abc import Callable

from luthier.data.formats.chatgpt import walked
from luthier.data.formats.layout import Layout
from luthier.data.formats.misfit import with_hint
from luthier.data.formats.passages import continued
from luthier.data.formats.preference import preferred
from luthier.data.formats.tools import with_tools
from luthier.data.formats.turns import turns
from luthier.data.formats.unusable import Unusable, missing, optional_text, text_of
from luthier.data.record import Record
from luthier.rows import Message


def normalise(record: Record, layout: Layout) -> None:
    """Fill the record's messages, or its fault. Texts stay as they are, to the last space."""
    try:
        record.messages = _READ[layout.format.name](record, layout)
    except Unusable as error:
        record.fault = with_hint(error.fault, record.value, layout)


def _flat(record: Record, layout: Layout) -> list[Message]:
    ask, answer = (text_of(record.value, layout[field]) for field in layout.format.required)
    if extra := optional_text(record.value, layout.get("input")):
        ask = f"{ask}\n\n{extra}"
    said: list[Message] = [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
    return with_system(optional_text(record.value, layout.get("system")), said)


def _conversation(record: Record, layout: Layout) -> list[Message]:
    (column,) = (layout[field] for field in layout.format.required)
    if column not in record.value:
        raise missing(record.value, column)
    said = turns(record.value[column], column)
    own = said[0]["content"] if said[:1] and said[0]["role"] == "system" else ""
    system = with_tools(own or optional_text(record.value, layout["system"]), record.value, layout["tools"])
    return with_system(system, said[1:] if own else said)


def with_system(system: str, said: list[Message]) -> list[Message]:
    return [{"role": "system", "content": system}, *said] if system else said


_READ: dict[str, Callable[[Record, Layout], list[Message]]] = {
    "messages": _conversation,
    "sharegpt": _conversation,
    "alpaca": _flat,
    "prompt_completion": _flat,
    "question_answer": _flat,
    "preference": preferred,
    "text": continued,
    "chatgpt": walked,
}
