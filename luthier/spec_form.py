"""The spec as a form: what Prefect's UI can show of a section's JSON schema.

The UI shows titles, descriptions and the order of `position`. It hides ranges, so they are said in words; it draws an
`anyOf` as tabs, so a section with many values has a tab of the usual ones and a tab of all. The values that are
accepted stay the same: a tab only decides what is shown.
"""

from typing import Any, ClassVar

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

Schema = dict[str, Any]

WORDS = {Ge: ("ge", "at least"), Gt: ("gt", "more than"), Le: ("le", "at most"), Lt: ("lt", "less than")}
PLAIN = ("string", "integer", "number")
LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern")


def section_form(schema: Schema, section: type[Any]) -> None:
    """For `json_schema_extra` of a section; its `usual` are the fields that a newcomer needs, in their order."""
    shown = schema.get("properties", {})
    order = [*section.usual, *(name for name in shown if name not in section.usual)]
    fields = section.model_fields
    schema["properties"] = {name: _shown(shown[name], fields[name]) | {"position": order.index(name)} for name in order}
    schema["title"] = "All settings"  # of a section that stands alone nobody sees it


def described(field: FieldInfo) -> str:
    """The field's description, and its range in words."""
    limits = [f"{words} {getattr(each, name):,}" for each in field.metadata for name, words in _limit(each)]
    text = ", ".join(limits)
    return " ".join(filter(None, (field.description, text[:1].upper() + text[1:] + "." if text else "")))


def _limit(constraint: Any) -> list[tuple[str, str]]:
    return [WORDS[type(constraint)]] if type(constraint) in WORDS else []


def _shown(schema: Schema, field: FieldInfo) -> Schema:
    if hasattr(field.annotation, "usual") and "$ref" in schema:
        return _section(schema, field.annotation)
    text = described(field)
    required = field.is_required() and schema.get("type") == "string"
    needed = {"minLength": 1} if required else {}
    return _box(schema, field) | needed | ({"description": text} if text else {})


def _section(schema: Schema, section: Any) -> Schema:
    """A section within another: in tabs, where only some of its fields are usual.

    Of a fault `anyOf` says only that no tab fits, and `then` says which key. So the usual tab lets faults pass: it has
    no limits, and a required text is there from the start, empty.
    """
    told = {"title": section.__name__.removesuffix("Spec"), "description": section.__doc__}
    content = section.model_json_schema()
    if not 0 < len(section.usual) < len(content["properties"]):
        return schema | told
    required = content.get("required", [])
    few = {name: _unlimited(content["properties"][name]) for name in section.usual}
    few |= {name: few[name] | {"default": ""} for name in required}
    usual = {"title": "Usual", "type": "object", "properties": few, "required": required}
    return told | {"anyOf": [usual, schema], "if": {}, "then": schema}


def _box(schema: Schema, field: FieldInfo) -> Schema:
    """An empty box instead of a choice between a type and None, where None is what an empty box means.

    Prefect takes null all the same for what is not required and has no default.
    """
    kinds = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    optional = len(kinds) == 1 and not field.is_required() and field.default is None
    if not optional or kinds[0].get("type") not in PLAIN or "enum" in kinds[0]:
        return schema
    return {**{key: value for key, value in schema.items() if key not in ("anyOf", "default")}, **kinds[0]}


def _unlimited(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in LIMITS}


class Section(BaseModel):
    """Part of a spec. usual: what a newcomer's form shows of it; empty: everything."""

    usual: ClassVar[tuple[str, ...]] = ()
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra=section_form,
    )
