"""Running text: a passage is continued from its heading and its first sentence."""

import re

from luthier.data.formats.layout import Layout
from luthier.data.formats.unusable import Unusable, optional_text, text_of
from luthier.data.record import Fault, Record
from luthier.rows import Message

_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])|\n+")
SHORTEST_OPENING = 20
"""Characters. Less is an abbreviation ("Dr. ") or says nothing of what follows."""
OPENING_WORDS = 12
"""Taken from a long text without sentences."""


def continued(record: Record, layout: Layout) -> list[Message]:
    text = text_of(record.value, layout["text"]).strip()
    title = optional_text(record.value, layout["title"]).strip()
    opening, rest = _opening(text)
    if not rest and title:
        opening, rest = "", text
    if not rest:
        why = "A passage is learned by continuing its first sentence; here nothing follows it"
        raise Unusable(Fault("too_short", "the passage is too short", why, "Join it with the next", layout["text"]))
    ask = "\n\n".join(part for part in (title, opening) if part)
    return [{"role": "user", "content": ask}, {"role": "assistant", "content": rest}]


def _opening(text: str) -> tuple[str, str]:
    for end in _END.finditer(text):
        if end.start() >= SHORTEST_OPENING and text[end.end() :].strip():
            return text[: end.end()].rstrip(), text[end.end() :].lstrip()
    spoken = text.split()
    if len(spoken) < 2 * OPENING_WORDS:
        return text, ""
    parts = text.split(maxsplit=OPENING_WORDS)
    rest = parts[-1]
    return text[: -len(rest)].rstrip(), rest
