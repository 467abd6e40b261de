"""The table of docs/spec.md, made from the model: `python tests/docs/spec_table.py` rewrites it."""

import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from luthier.spec import RunSpec, Section
from luthier.spec_form import described

GUIDE = Path(__file__).parents[2] / "docs" / "spec.md"
BEGIN, END = "<!-- table -->\n", "<!-- /table -->\n"
NAMES = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "Path": "path",
    "datetime": "date and time",
    "dict": "map",
}


def table() -> str:
    head = "| key | value | default | meaning |\n|---|---|---|---|\n"
    return head + "".join(f"{row}\n" for row in rows(RunSpec))


def rows(section: type[Section], prefix: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from rows(kind, f"{prefix}{name}.")
        else:
            default = "required" if field.is_required() else shown(field.get_default(call_default_factory=True))
            yield f"| `{prefix}{name}` | {words(kind)} | {default} | {described(field).replace('|', '')} |"


def words(kind: Any) -> str:
    arguments, origin = get_args(kind), get_origin(kind)
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join("empty" if each is type(None) else words(each) for each in arguments)
    if origin is typing.Annotated:
        return words(arguments[0])
    if origin is list:
        return f"list of {words(arguments[0])}"
    if isinstance(kind, type) and issubclass(kind, Section):
        return "map of " + ", ".join(kind.model_fields)
    return NAMES[(origin or kind).__name__]


def shown(value: Any) -> str:
    if value in (None, "", {}, []):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def rewritten(text: str) -> str:
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    GUIDE.write_text(rewritten(GUIDE.read_text()))
