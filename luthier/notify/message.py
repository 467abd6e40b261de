"""What people are told: one message, whatever channel carries it."""

from typing import Literal

from pydantic import BaseModel

from luthier.people import Kind
from luthier.places import Link
from luthier.storage import sha256_bytes

MessageKind = Kind | Literal["test", "digest", "undelivered"]


class Message(BaseModel):
    """Plain text throughout; each channel escapes it.

    title: one line; lead: a sentence or two; figures (what was proved) and facts: a label and a value each; cause and
    fix: of what went wrong; usd: what the run has cost so far; at: seconds since 1970; summary: the report's first page
    as HTML for mail, which says the figures too.
    """

    id: str
    kind: MessageKind
    title: str
    lead: str = ""
    figures: list[tuple[str, str]] = []
    facts: list[tuple[str, str]] = []
    cause: str = ""
    fix: str = ""
    links: list[Link] = []
    run_id: str = ""
    project: str = ""
    creator: str = ""
    usd: float | None = None
    at: float
    summary: str = ""


def message_id(*parts: str) -> str:
    """The same for the same parts, so that telling something twice is seen; goes into mail headers and Slack blocks."""
    return sha256_bytes("\0".join(parts).encode())[:32]
