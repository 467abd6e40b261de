"""Names of columns, however they are spelt: "Conversation ID", "conversationId" and "conversation_id" are one."""

import re
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[^\W\d_A-ZÄÖÜ]+|\d+|[^\W\d_]+")


def spaced(names: str) -> tuple[str, ...]:
    """A list of names, written with blanks between them."""
    return tuple(names.split())


TIME = spaced(
    "created_at timestamp time datetime date_time date ts create_time created sent_at sent_time sent_on sent_date sent "
    "created_on created_date created_time message_time posted_at received_at time_stamp zeit datum zeitstempel "
    "datum_uhrzeit fecha updated_at"
)
GROUP = spaced(
    "conversation_id thread_id ticket_id session_id dialog_id dialogue_id chat_id conv_id group group_id case_id "
    "conversation_key"
)
"""Best first."""


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(name))


def key(name: str) -> str:
    return "_".join(words(name))


def column(wanted: Iterable[str], names: Iterable[str]) -> str | None:
    """The first of the wanted names that is there, as it is spelt there."""
    spelt = {key(name): name for name in reversed(list(names))}
    return next((spelt[name] for name in wanted if name in spelt), None)
