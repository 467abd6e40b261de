"""Lists of messages, as OpenAI, ShareGPT and their kin write them."""

from collections.abc import Mapping
from typing import Any

from luthier.data.formats.roles import role_of
from luthier.data.formats.tools import call_text, calls_of, from_json, to_json
from luthier.data.formats.unusable import Unusable, not_a_text
from luthier.data.reading.json_row import kind
from luthier.data.record import Fault
from luthier.rows import Message

ROLE_FIELDS = ("role", "from", "speaker")
CONTENT_FIELDS = ("content", "value", "text")
TEXT_PARTS = (None, "text", "input_text", "output_text")


def turns(value: Any, column: str) -> list[Message]:
    """The messages of a list, or of JSON text that holds one."""
    found = from_json(value)
    if not isinstance(found, list):
        what = f'"{column}" is {kind(found)}; expected a list of messages'
        raise Unusable(Fault("not_a_list", what, "", 'Write [{"role": "user", "content": …}, …]', column))
    return [message(turn, f"{column}[{index}]") for index, turn in enumerate(found)]


def message(turn: Any, field: str) -> Message:
    if not isinstance(turn, dict):
        what = f"{field} is {kind(turn)}; expected an object with role and content"
        raise Unusable(Fault("not_a_message", what, "", 'Write {"role": "user", "content": …}', field))
    role_field, content_field = _fields(turn)
    role = _role(turn, field, role_field)
    calls = calls_of(turn, field) if role == "assistant" else []
    if content_field not in turn and not calls:
        raise _without(field, content_field)
    content = turn.get(content_field)
    place = f"{field}.{content_field}"
    if role == "call":
        return {"role": "assistant", "content": call_text(content, field)}
    if role == "tool":
        return {"role": "tool", "content": _result(content, place)}
    text = "" if content is None and calls else joined(content, place)
    return {"role": role, "content": "\n".join([text, *calls] if text.strip() else calls) if calls else text}


def _fields(turn: Mapping[str, Any]) -> tuple[str, str]:
    role = next((name for name in ROLE_FIELDS if name in turn), "role")
    usual = "value" if role == "from" else "content"
    return role, usual if usual in turn else next((name for name in CONTENT_FIELDS if name in turn), usual)


def _role(turn: Mapping[str, Any], field: str, name: str) -> str:
    if name not in turn:
        raise _without(field, name)
    role = turn[name]
    found = role_of(role) if isinstance(role, str) else None
    if found is None:
        shown = f'"{role[:40]}"' if isinstance(role, str) else kind(role)
        what = f"{field}.{name} is {shown}; expected system, user, assistant or tool"
        raise Unusable(Fault("unknown_role", what, "", "Rename the role", f"{field}.{name}"))
    return found


def _without(field: str, name: str) -> Unusable:
    return Unusable(Fault("missing_field", f'{field} has no "{name}"', "", "Add it", f"{field}.{name}"))


def joined(content: Any, field: str) -> str:
    """A text, or a list of parts that are texts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise not_a_text(field, content, quoted=False)
    return "\n".join(_part(part, field) for part in content)


def _part(part: Any, field: str) -> str:
    if isinstance(part, dict) and isinstance(part.get("text"), str) and part.get("type") in TEXT_PARTS:
        return part["text"]
    if isinstance(part, str):
        return part
    shown = f'a part of type "{str(part.get("type"))[:40]}"' if isinstance(part, dict) else f"{kind(part)} in it"
    what = f"{field} is a list with {shown}; expected texts only"
    raise Unusable(Fault("not_a_text", what, "Pictures and sounds are not trained on", "Take the row out", field))


def _result(content: Any, field: str) -> str:
    """What a tool returned: a text, or a value that is kept as JSON."""
    if isinstance(content, str):
        return content
    if content is None:
        raise not_a_text(field, content, quoted=False)
    if isinstance(content, list):
        try:
            return joined(content, field)
        except Unusable:
            pass
    return to_json(content, field)
