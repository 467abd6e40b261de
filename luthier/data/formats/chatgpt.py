"""Conversations of ChatGPT's export: a tree of messages, of which the branch last seen is read."""

from collections.abc import Mapping
from typing import Any

from luthier.data.formats.dialogue import dialogue
from luthier.data.formats.layout import Layout
from luthier.data.formats.unusable import Unusable, missing
from luthier.data.reading.json_row import kind
from luthier.data.record import Fault, Record
from luthier.rows import Message

TEXTS = ("text", "multimodal_text")


def walked(record: Record, layout: Layout) -> list[Message]:
    """What user and assistant wrote to each other; hidden messages, tools and their calls are passed over."""
    column = layout["mapping"]
    if column not in record.value:
        raise missing(record.value, column)
    nodes = record.value[column]
    if not isinstance(nodes, dict):
        what = f'"{column}" is {kind(nodes)}; expected an object of messages'
        raise Unusable(Fault("not_an_object", what, "", "Export the conversation again", column))
    branch = _branch(nodes, record.value.get(layout["current_node"]))
    return dialogue(record, [spoken for node in branch if (spoken := _spoken(node))])


def _branch(nodes: Mapping[str, Any], last: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    at = last if isinstance(last, str) and last in nodes else _newest(nodes)
    while isinstance(at, str) and at not in seen and isinstance(node := nodes.get(at), dict):
        seen.add(at)
        found.append(node)
        at = node.get("parent")
    return found[::-1]


def _newest(nodes: Mapping[str, Any]) -> str | None:
    """The end of a branch that was written to last."""
    ends = [name for name, node in nodes.items() if isinstance(node, dict) and not node.get("children")]
    return max(ends, key=lambda name: _time(nodes[name]), default=None)


def _time(node: Mapping[str, Any]) -> float:
    message = node.get("message")
    time = message.get("create_time") if isinstance(message, dict) else None
    return time if isinstance(time, int | float) else 0.0


def _spoken(node: Mapping[str, Any]) -> tuple[str, str] | None:
    message = node.get("message")
    if not isinstance(message, dict) or _hidden(message):
        return None
    role, content = _object(message, "author").get("role"), _object(message, "content")
    parts = content.get("parts")
    if role not in ("user", "assistant") or content.get("content_type", "text") not in TEXTS:
        return None
    parts = parts if isinstance(parts, list) else []
    if any(isinstance(part, dict) for part in parts):  # a picture, a sound: half of what was said
        what, why = f"a message of the {role} holds a picture or a sound", "Only texts are trained on"
        raise Unusable(Fault("not_a_text", what, why, "Take the conversation out", "mapping"))
    texts = [part for part in parts if isinstance(part, str) and part.strip()]
    return (role, "\n".join(texts)) if texts else None


def _hidden(message: Mapping[str, Any]) -> bool:
    to_a_tool = message.get("recipient") not in (None, "all")
    unseen = _object(message, "metadata").get("is_visually_hidden_from_conversation")
    return bool(to_a_tool or unseen or message.get("weight") == 0)


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}
