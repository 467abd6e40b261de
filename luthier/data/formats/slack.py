"""Day files of a Slack export: threads are conversations, and what is said outside of them by and by."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from luthier.data.formats.reading import Reading
from luthier.data.formats.threads import Entry, threads
from luthier.data.formats.unusable import Unusable, not_a_text
from luthier.data.record import Fault, Record

SIDE_FILES = ("users.json", "channels.json", "dms.json", "groups.json", "mpims.json", "integration_logs.json")
"""They hold names, not messages."""

SAID = (None, "thread_broadcast", "file_share", "bot_message", "me_message")
"""Kinds of messages in which somebody says something; the others tell of joining, leaving and the like."""


def is_slack(row: Mapping[str, Any]) -> bool:
    return row.get("type") == "message" and "ts" in row


def is_side_file(path: Path, rows: list[Mapping[str, Any]]) -> bool:
    """Whether this is a list of people or channels that lies beside the day files."""
    names = {"profile", "team_id", "creator", "members", "service_type", "is_archived"}
    return path.name in SIDE_FILES and bool(rows) and all(names & set(row) and "messages" not in row for row in rows)


def conversations_of_slack(reading: Reading, rows: Iterable[Record | None]) -> Iterator[Record | None]:
    if is_side_file(reading.source.path, [record.value for record in reading.first]):
        return (record if record and record.fault else None for record in rows)
    names = _names(reading.source.path)
    return threads(reading, rows, lambda record: _entry(record, names))


def _entry(record: Record, names: Mapping[str, str]) -> Entry | None:
    row = record.value
    if not is_slack(row):
        why = 'A message of Slack has "type": "message" and "ts"'
        raise Unusable(Fault("not_a_message", "the row is no message of Slack", why, "Take it out"))
    text = row.get("text")
    if row.get("subtype") not in SAID or text is None or text == "":
        return None
    if not isinstance(text, str):
        raise not_a_text("text", text)
    if not text.strip():
        return None
    user = _text(row.get("user")) or _text(row.get("bot_id"))
    author = names.get(user) or _profile(row) or user
    if not author:
        why = "Who speaks tells whether it is an answer"
        raise Unusable(Fault("missing_field", 'missing "user"', why, "Add the field", "user"))
    return Entry(record, author, text, row["ts"], _text(row.get("thread_ts")), user)


def _profile(row: Mapping[str, Any]) -> str:
    for holder in ("user_profile", "bot_profile"):
        profile = row.get(holder)
        if isinstance(profile, dict):
            for name in ("real_name", "display_name", "name"):
                if found := _text(profile.get(name)):
                    return found
    return _text(row.get("username"))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _names(path: Path) -> dict[str, str]:
    """People by their keys, from the users.json beside the channel's folder or the file."""
    for folder in (path.parent, path.parent.parent):
        try:
            people = orjson.loads((folder / "users.json").read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(people, list):
            return {_text(each.get("id")): name for each in people if isinstance(each, dict) and (name := _named(each))}
    return {}


def _named(person: Mapping[str, Any]) -> str:
    profile = person.get("profile")
    full = _text(profile.get("real_name")) if isinstance(profile, dict) else ""
    return _text(person.get("real_name")) or full or _text(person.get("name"))
