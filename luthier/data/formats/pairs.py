"""One training pair of a conversation factory as messages."""

from collections.abc import Mapping
from typing import Any

from luthier.data.formats.layout import Layout
from luthier.data.formats.tools import from_json
from luthier.data.formats.turns import turns
from luthier.data.formats.unusable import Unusable, not_a_text, optional_text, text_of
from luthier.data.reading.json_row import kind
from luthier.data.record import Fault
from luthier.rows import Message

HISTORY = ("history", "conversation_history", "context", "chat_history", "dialogue_history", "previous_turns")
ASKED = ("user_input", "user", "prompt", "input", "user_message", "message", "question")
SYSTEM = ("system", "system_prompt", "system_message")
PAIR_FIELDS = HISTORY + ASKED + SYSTEM
"""Names of the fields that are read; the others are kept as meta data."""

_USER = ("user", "human", "user_input", "prompt", "input", "question", "customer")
_ASSISTANT = (
    "assistant",
    "response",
    "bot",
    "assistant_response",
    "output",
    "answer",
    "target_response",
    "agent",
    "ai",
)


def messages_of(pair: Mapping[str, Any], conversation: Mapping[str, Any], layout: Layout) -> list[Message]:
    """System prompt, if there is one, history, what the user says, and the answer to learn."""
    target = layout["target_response"]
    if target not in pair:
        why = "Each pair needs the answer to learn from"
        raise Unusable(Fault("missing_field", f'missing "{target}"', why, "Add the field", target))
    answer = text_of(pair, target)
    system, said = _history(pair, layout)
    asked = _asked(pair, layout, said)
    if asked is not None and (not said or said[-1] != asked):
        said.append(asked)
    system = "\n\n".join(part for part in (_system(pair, conversation, layout), system) if part)
    if system and said and said[0]["role"] == "system":
        system, said = f"{system}\n\n{said[0]['content']}", said[1:]
    before: list[Message] = [{"role": "system", "content": system}] if system else []
    return [*before, *said, {"role": "assistant", "content": answer}]


def _asked(pair: Mapping[str, Any], layout: Layout, said: list[Message]) -> Message | None:
    """None where the history ends with it."""
    usual = layout["user_input"]
    name = next((each for each in (usual, *ASKED) if each in pair), None)
    if name is None and said and said[-1]["role"] in ("user", "tool"):
        return None
    if name is None:
        why = "Each pair needs what is answered"
        raise Unusable(Fault("missing_field", f'missing "{usual}"', why, "Add the field", usual))
    return {"role": "user", "content": text_of(pair, name)}


def _system(pair: Mapping[str, Any], conversation: Mapping[str, Any], layout: Layout) -> str:
    metadata = conversation.get("metadata")
    for holder in (pair, conversation, metadata if isinstance(metadata, dict) else {}):
        for name in (layout["system"], *SYSTEM):
            if found := optional_text(holder, name):
                return found
    return ""


def _history(pair: Mapping[str, Any], layout: Layout) -> tuple[str, list[Message]]:
    """A context that is a text belongs to the system prompt."""
    name = next((each for each in (layout["history"], *HISTORY) if pair.get(each)), None)
    if name is None:
        return "", []
    value = from_json(pair[name])
    if name == "context" and isinstance(value, str):
        return value, []
    if not isinstance(value, list):
        what = f'"{name}" is {kind(value)}; expected a list of messages'
        raise Unusable(Fault("not_a_list", what, "", 'Write [{"role": "user", "content": …}, …]', name))
    if value and all(isinstance(each, str) for each in value):
        return "", [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(value)]
    if any(_exchange(each) for each in value):
        return "", [message for at, each in enumerate(value) for message in _both(each, f"{name}[{at}]")]
    return "", turns(value, name)


def _exchange(value: Any) -> tuple[str, str] | None:
    """The names of the two sides in {"user": …, "assistant": …}."""
    if not isinstance(value, dict) or "role" in value:
        return None
    user = next((name for name in _USER if name in value), None)
    assistant = next((name for name in _ASSISTANT if name in value), None)
    return (user, assistant) if user and assistant else None


def _both(value: Any, field: str) -> list[Message]:
    names = _exchange(value)
    if not names:
        return turns([value], field)
    for name in names:
        if not isinstance(value[name], str):
            raise not_a_text(f"{field}.{name}", value[name], quoted=False)
    return [{"role": "user", "content": value[names[0]]}, {"role": "assistant", "content": value[names[1]]}]
