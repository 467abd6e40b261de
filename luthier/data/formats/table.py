"""The layouts of a row that are understood, by the fields that make them."""

from typing import NamedTuple


class Format(NamedTuple):
    """`required` and `optional` are the usual names of its fields; `data.columns` maps them to others."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return self.required + self.optional


FORMATS = {
    each.name: each
    for each in (
        Format("messages", ("messages",), ("system", "tools")),
        Format("sharegpt", ("conversations",), ("system", "tools")),
        Format("alpaca", ("instruction", "output"), ("input", "system")),
        Format("prompt_completion", ("prompt", "completion"), ("system",)),
        Format("question_answer", ("question", "answer"), ("system",)),
        Format("preference", ("chosen", "rejected"), ("prompt", "system")),
        Format("conversation_factory", ("training_pairs",), ("history", "user_input", "target_response", "system")),
        Format("message_table", ("author", "text")),
        Format("chatgpt", ("mapping",), ("current_node",)),
        Format("slack", ("text", "ts"), ("user", "thread_ts")),
        Format("help_desk", ("messages",)),
        Format("text", ("text",), ("title",)),
    )
}

FLAT = ("alpaca", "prompt_completion", "question_answer")
"""Layouts of one question and its answer."""

EVERYWHERE = ("time", "group")
"""Fields that `data.columns` may name for any layout."""
