"""A message a row: chats of messengers, tables of tickets."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from luthier.data.formats.authors import role_by_name
from luthier.data.formats.extras import group_name
from luthier.data.formats.layout import Layout
from luthier.data.formats.names import TIME, column, key, spaced
from luthier.data.formats.reading import Reading
from luthier.data.formats.table import FORMATS
from luthier.data.formats.threads import Entry, threads
from luthier.data.formats.unusable import Unusable, missing, text_of
from luthier.data.record import Fault, Record

NAMES = {
    "author": "role author_role sender_role sender_type author_type from_type user_type speaker author author_name "
    "sender sender_name from from_name username user_name user participant posted_by sent_by written_by person who "
    "nickname absender autor von verfasser name",
    "text": "text message content body message_text message_body message_content msg plain_body body_text "
    "plain_text utterance nachricht mensaje",
    "group": "conversation_id conversation thread_id thread ticket_id ticket session_id session dialog_id dialogue_id "
    "dialog dialogue chat_id chat conv_id case_id case room_id room channel_id channel group_id group chat_session",
}
WANTED = {field: spaced(names) for field, names in NAMES.items()} | {"time": TIME}

_NOT_SAID = re.compile(
    r"^[\u200e\u200f\s]*(<[^<>]*(omitted|ausgeschlossen|omitido|omis|weggelassen)[^<>]*>"
    r"|(image|video|audio|sticker|gif|document|contact card) omitted"
    r"|this message was deleted|you deleted this message|diese nachricht wurde gelöscht)\.?\s*$",
    re.IGNORECASE,
)
"""What a messenger's text export writes instead of pictures and deleted messages."""


def table_layout(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> Layout | None:
    """The layout of rows that are one message each; None when they do not look like that.

    An author and a text are not enough: a time, a conversation's key, or authors named by their role make the table.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    found = table_columns(names, columns)
    if not {"author", "text"} <= set(found):
        return None
    authors = {str(row.get(found["author"])) for row in rows}
    told = {role_by_name(author) for author in authors}
    if not ({"time", "group"} & set(found) or {"user", "assistant"} <= told):
        return None
    return Layout(FORMATS["message_table"], found, _guess(found, columns))


def table_columns(names: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """The columns as they are named by the user, or guessed by their names."""
    found = dict(columns)
    for field, wanted in WANTED.items():
        free = [name for name in names if name not in found.values()]
        if field not in found and (name := column(wanted, free)):
            found[field] = name
    return found


def _guess(found: Mapping[str, str], columns: Mapping[str, str]) -> str:
    unusual = {field: name for field, name in found.items() if field not in columns and key(name) != field}
    if not unusual:
        return ""
    listed = ", ".join(f'"{name}" as {field}' for field, name in unusual.items())
    setting = ", ".join(f"{field}: …" for field in unusual)
    return f"read {listed} (a guess; set data.columns: {{{setting}}} if it is wrong)"


def conversations_of_table(reading: Reading, rows: Iterable[Record | None]) -> Iterator[Record | None]:
    layout = reading.layout
    messenger = bool({".txt", ".text", ".log"} & {suffix.lower() for suffix in reading.source.path.suffixes})

    def entry(record: Record) -> Entry | None:
        author = _author(record, layout["author"])
        text = record.value.get(layout["text"])
        if messenger and (not author or not isinstance(text, str) or not text.strip() or _NOT_SAID.match(text)):
            return None  # a notice, or a picture
        if not author:
            why = "Who speaks tells whether it is an answer"
            field = layout["author"]
            raise Unusable(Fault("empty_text", f'"{field}" is empty', why, "Fill it in or take the row out", field))
        said = text_of(record.value, layout["text"])
        when, group = (record.value.get(layout[field]) if field in layout else None for field in ("time", "group"))
        return Entry(record, author, said, when, group_name(group))

    return threads(reading, rows, entry)


def _author(record: Record, name: str) -> str:
    if name not in record.value:
        raise missing(record.value, name)
    author = record.value[name]
    if isinstance(author, dict):
        author = next((author[each] for each in ("role", "type", "name", "id") if author.get(each)), None)
    return "" if author is None or isinstance(author, list | dict) else str(author).strip()
