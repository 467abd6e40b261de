"""Tool calls as text, the way Hermes and Qwen write them: a message stays a role and a content."""

from collections.abc import Mapping
from typing import Any

import orjson

from luthier.data.formats.unusable import Unusable
from luthier.data.reading.json_row import kind
from luthier.data.record import Fault

CALL = "<tool_call>"
NAMES = ("tools", "functions")

_PROMPT = """# Tools

These functions may be called; each is described in JSON:
<tools>
{tools}
</tools>

A call is written as JSON with the function's name and its arguments:
<tool_call>
{{"name": "…", "arguments": {{…}}}}
</tool_call>"""


def to_json(value: Any, field: str) -> str:
    try:
        return orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError as error:
        what = f"{field} cannot be written as JSON: {error}"
        raise Unusable(Fault("unusable_value", what, "", "Simplify it", field)) from None


def from_json(value: Any) -> Any:
    """What a cell of a table holds as JSON; other values as they are."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def calls_of(turn: Mapping[str, Any], field: str) -> list[str]:
    """The calls of an assistant's turn, each as text."""
    calls = from_json(turn.get("tool_calls")) or []
    if not isinstance(calls, list):
        what = f"{field}.tool_calls is {kind(calls)}; expected a list"
        raise Unusable(Fault("tool_call", what, "", 'Write [{"function": {"name": …, "arguments": …}}]', field))
    legacy = from_json(turn.get("function_call"))
    return [call_text(each, field) for each in [*calls, *([legacy] if legacy else [])]]


def call_text(call: Any, field: str) -> str:
    """One call. Raises Unusable without a name, or when the arguments are no JSON object."""
    call = from_json(call)
    function = from_json(call.get("function", call)) if isinstance(call, dict) else call
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str) or not name.strip():
        what = f"{field} calls a tool without a name"
        why = "A call is learned with the name of its function"
        fix = 'Write {"function": {"name": …, "arguments": …}}'
        raise Unusable(Fault("tool_call", what, why, fix, field))
    written = {"name": name, "arguments": _arguments(function, name, field)}
    return f"{CALL}\n{to_json(written, field)}\n</tool_call>"


def _arguments(function: Mapping[str, Any], name: str, field: str) -> dict[str, Any]:
    given = function.get("arguments", function.get("parameters"))
    arguments = given if given is not None and given != "" else {}
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError as error:
            why = error.msg.partition(": line")[0]
            what = f'{field}: the arguments of "{name[:40]}" are not JSON: {why}'
            raise Unusable(Fault("tool_call", what, "A tool reads them as JSON", "Mend them", field)) from None
    if not isinstance(arguments, dict):
        what = f'{field}: the arguments of "{name[:40]}" are {kind(arguments)}; expected an object'
        raise Unusable(Fault("tool_call", what, "Arguments have names", 'Write {"city": "Oslo"}', field))
    return arguments


def with_tools(system: str, row: Mapping[str, Any], column: str) -> str:
    """The system prompt with the row's definitions of tools, if it has any."""
    name = next((each for each in (column, *NAMES) if row.get(each)), None)
    if name is None or "<tools>" in system:
        return system
    defined = from_json(row[name])
    if not isinstance(defined, list):
        what = f'"{name}" is {kind(defined)}; expected a list of definitions'
        raise Unusable(Fault("tool_definitions", what, "", "Write them as a list, or take the field out", name))
    tools = "\n".join(to_json(_definition(each), name) for each in defined if each)
    return "\n\n".join(part for part in (system, _PROMPT.format(tools=tools) if tools else "") if part)


def _definition(tool: Any) -> Any:
    """The older `functions` without their wrapping are written like `tools`."""
    if isinstance(tool, dict) and "name" in tool and "function" not in tool and "type" not in tool:
        return {"type": "function", "function": tool}
    return tool
