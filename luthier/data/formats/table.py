"""The layouts of a row that are understood, by the fields that make them."""

from typing import NamedTuple


class Format(NamedTuple):
    """`prompt` and `answer` name the fields of a flat layout; a conversation has one field."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def is_conversation(self) -> bool:
        return len(self.required) == 1

    @property
    def fields(self) -> tuple[str, ...]:
        return self.required + self.optional


FORMATS = {
    each.name: each
    for each in (
        Format("messages", ("messages",)),
        Format("sharegpt", ("conversations",)),
        Format("alpaca", ("instruction", "output"), ("input", "system")),
        Format("prompt_completion", ("prompt", "completion"), ("system",)),
        Format("question_answer", ("question", "answer"), ("system",)),
    )
}

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
}
"""Names of roles in the wild, and what they are here."""
