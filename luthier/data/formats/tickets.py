"""What was said in one ticket of a help desk: Zendesk, Intercom, Freshdesk, or a plain list of messages."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from luthier.data.formats.html_text import plain
from luthier.data.formats.names import TIME, column, spaced
from luthier.data.formats.roles import role_of
from luthier.data.formats.times import moment
from luthier.data.formats.turns import CONTENT_FIELDS, ROLE_FIELDS


class Said(NamedTuple):
    """`role` is "" where only the author's name can tell."""

    author: str
    role: str
    text: str
    time: float | None


Ticket = Mapping[str, Any]

TEXTS = (
    "plain_body",
    "body_text",
    "text_body",
    "plain_text",
    "text",
    "body",
    "content",
    "message",
    "html_body",
    "body_html",
)
"""Fields of a message's text; those without tags first."""

AUTHORS = spaced("role author_role author_type sender_type author sender from sender_name author_name user name")

PEOPLE = {
    **dict.fromkeys(("user", "lead", "contact", "customer", "visitor", "end-user", "end_user"), "user"),
    **dict.fromkeys(("admin", "bot", "operator", "team", "agent", "teammate"), "assistant"),
}
"""Types of authors."""


def kind_of(ticket: Ticket) -> Callable[[Ticket], Iterator[Said]] | None:
    """How to read this ticket; None when it is none."""
    if isinstance(ticket.get("conversation_parts"), dict | list) and not _is_turns(ticket.get("messages")):
        return _intercom
    if _listed(ticket, "comments", TEXTS) and any("author_id" in each for each in _objects(ticket["comments"])):
        return _zendesk
    if _listed(ticket, "conversations", ("incoming", "body_text")):
        return _freshdesk
    return _plain if _plain_list(ticket) else None


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _listed(ticket: Ticket, name: str, fields: tuple[str, ...]) -> bool:
    return any(set(fields) & set(each) for each in _objects(ticket.get(name)))


def _zendesk(ticket: Ticket) -> Iterator[Said]:
    comments = [each for each in _objects(ticket["comments"]) if not is_private(each)]
    requester = _id(ticket, "requester") or _id(ticket, "submitter")
    for comment in comments:
        author = _id(comment, "author")
        requester = requester or author  # who writes first asks
        yield Said(author, "user" if author == requester else "assistant", said_in(comment), _time(comment))


def _intercom(ticket: Ticket) -> Iterator[Said]:
    opening = ticket.get("source")
    parts = ticket["conversation_parts"]
    listed = parts.get("conversation_parts") if isinstance(parts, dict) else parts
    opened = [opening] if isinstance(opening, dict) else []
    for part in [*opened, *_objects(listed)]:
        author = part.get("author")
        author = author if isinstance(author, dict) else {}
        if not is_private(part) and part.get("part_type") in (None, "comment", "assignment", "open", "close"):
            role = PEOPLE.get(str(author.get("type")), "")
            yield Said(str(author.get("name") or author.get("type") or ""), role, said_in(part), _time(part))


def _freshdesk(ticket: Ticket) -> Iterator[Said]:
    described = ticket.get("description_text") or ticket.get("description")
    if isinstance(described, str):
        yield Said("requester", "user", plain(described).strip(), _time(ticket))
    for each in _objects(ticket["conversations"]):
        if not is_private(each):
            incoming = bool(each.get("incoming"))
            author = "requester" if incoming else "agent"
            yield Said(author, "user" if incoming else "assistant", said_in(each), _time(each))


PLAIN_LISTS = ("messages", "comments", "thread", "replies", "conversation", "conversations", "transcript")


def _plain(ticket: Ticket) -> Iterator[Said]:
    for each in _objects(ticket[_plain_list(ticket) or "messages"]):
        if not is_private(each):
            yield Said(_author(each), "", said_in(each), _time(each))


def _plain_list(ticket: Ticket) -> str | None:
    """The field with messages that name an author and a text, otherwise than OpenAI and ShareGPT do."""
    for name in PLAIN_LISTS:
        found = _objects(ticket.get(name))
        if found and not _is_turns(found) and _author(found[0]) and column(TEXTS, found[0]):
            return name
    return None


def _is_turns(value: Any) -> bool:
    """Whether OpenAI or ShareGPT write such a list."""
    first = next(iter(_objects(value)), {})
    if {"role", "content"} <= set(first) or {"from", "value"} <= set(first):
        return True
    roles = [each.get(next((name for name in ROLE_FIELDS if name in each), "")) for each in _objects(value)[:20]]
    known = all(isinstance(role, str) and role_of(role) is not None for role in roles)
    return known and any(name in first for name in CONTENT_FIELDS)


def _author(message: Mapping[str, Any]) -> str:
    name = column(AUTHORS, message)
    author = message[name] if name else None
    if isinstance(author, dict):
        author = next((author[each] for each in ("role", "type", "name", "email", "id") if author.get(each)), None)
    return str(author).strip() if isinstance(author, str | int) else ""


def is_private(message: Mapping[str, Any]) -> bool:
    """Notes of the staff to each other."""
    private = any(message.get(name) is True for name in ("private", "is_private", "internal", "is_internal", "is_note"))
    note = any(message.get(name) in ("note", "internal_note", "private_note") for name in ("part_type", "type", "kind"))
    return private or note or message.get("public") is False or message.get("is_public") is False


def said_in(message: Mapping[str, Any]) -> str:
    """The message's text without tags; "" for none."""
    for name in TEXTS:
        if isinstance(text := message.get(name), str) and text.strip():
            return plain(text).strip()
    spelt = column(TEXTS, message)
    text = message[spelt] if spelt else None
    return plain(text).strip() if isinstance(text, str) else ""


def _id(value: Mapping[str, Any], name: str) -> str:
    nested = value.get(name)
    found = value.get(f"{name}_id") or (nested.get("id") if isinstance(nested, dict) else None)
    return str(found) if isinstance(found, str | int) else ""


def _time(message: Mapping[str, Any]) -> float | None:
    name = column(TIME, message)
    return moment(message[name]) if name else None
