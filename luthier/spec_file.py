"""Reading and writing run specs: every fault of a file reported at once, each with its key."""

import difflib
import os
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from luthier.errors import LuthierError, Problems, SpecError
from luthier.spec import RunSpec
from luthier.storage import write_text


def load_spec(path: Path, overrides: list[str] | None = None) -> RunSpec:
    """Read a YAML spec; `overrides` are `key.path=value`. paths come back absolute.

    Raises SpecError when the file cannot be read, Problems with one SpecError a fault otherwise.
    """
    content = _read_yaml(path)
    for override in overrides or []:
        _set(content, override)
    return anchored(parse_spec(content, str(path)), path.parent)


def anchored(spec: RunSpec, folder: Path) -> RunSpec:
    """The spec with the data's paths, and a base that is a folder (./ or ../), made absolute; absolute ones stay."""
    more = [each.model_copy(update={"path": _absolute(each.path, folder)}) for each in spec.data.more]
    rules = spec.data.rules and _absolute(spec.data.rules, folder)
    data = spec.data.model_copy(update={"path": _absolute(spec.data.path, folder), "more": more, "rules": rules})
    model = spec.model
    if model.base.startswith(("./", "../")):
        model = model.model_copy(update={"base": str((folder / model.base).resolve())})
    return spec.model_copy(update={"data": data, "model": model})


def _absolute(path: Path, folder: Path) -> Path:
    return folder.absolute() / os.path.expanduser(path)  # noqa: PTH111 (Path's raises for an unknown user)


def parse_spec(content: Any, source: str = "spec") -> RunSpec:
    try:
        return RunSpec.model_validate(content)
    except ValidationError as error:
        problems = [_problem(fault) for fault in error.errors()]
        count = "one value" if len(problems) == 1 else f"{len(problems)} values"
        raise Problems(f"{source}: {count} cannot be used", problems, "All keys: docs/spec.md.") from None


def save_spec(spec: RunSpec, path: Path) -> None:
    content = spec.model_dump(mode="json")
    write_text(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = _parse_yaml(path.read_bytes())
    except FileNotFoundError:
        raise SpecError(
            "the spec is not there", "", "Check the path, or write one with `luthier init`.", str(path)
        ) from None
    except OSError as error:
        raise SpecError("the spec cannot be read", str(error.strerror), "Name a YAML file.", str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise SpecError("the spec is not valid YAML", why, "Mend that line.", where) from None
    if not isinstance(content, dict):
        found = "nothing" if content is None else f"a {type(content).__name__}"
        raise SpecError(f"the spec holds {found}, not keys and values", "", "See recipes/ for examples.", str(path))
    return content


def _parse_yaml(text: bytes | str) -> Any:
    """Raises YAMLError, also for a date like 2024-02-30 or lists nested too deep, where PyYAML raises others."""
    try:
        return yaml.safe_load(text)
    except (ValueError, LookupError, AttributeError) as error:
        raise yaml.YAMLError(f"a value cannot be read: {error}") from None
    except RecursionError:
        raise yaml.YAMLError("its lists or keys are nested too deep") from None


def _set(content: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    if not separator:
        raise SpecError(f'cannot read "{override}"', "", "Write --set training.epochs=2.", "--set")
    *parents, last = key.strip().split(".")
    node = content
    for parent in parents:
        node = node.setdefault(parent, {})
        if not isinstance(node, dict):
            raise SpecError(f'"{parent}" holds a value, not keys', "", "Check the key's path.", f"--set {key}")
    try:
        node[last] = _parse_yaml(text)
    except yaml.YAMLError:
        node[last] = text


def _problem(fault: Any) -> LuthierError:
    keys = [part for part in fault["loc"] if not isinstance(part, int)]
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(keys[-1]), _known_keys(keys[:-1]), n=1)
        fix = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(_known_keys(keys[:-1])) or 'no keys'}."
        return SpecError("unknown key", "", fix, where)
    if fault["type"] == "missing":
        return SpecError("is missing", "", "Add it.", where)
    reason = fault["msg"].removeprefix("Value error, ")
    return SpecError(f"{reason} (got {_shown(fault['input'])})", "", "", where)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _known_keys(path: list[Any]) -> list[str]:
    """Field names of the section at `path`, for the suggestion beside an unknown key."""
    model: type[BaseModel] = RunSpec
    for key in path:
        field = model.model_fields.get(str(key))
        annotation = field.annotation if field else None
        candidates = [
            a for a in (annotation, *get_args(annotation)) if isinstance(a, type) and issubclass(a, BaseModel)
        ]
        if not candidates:
            return []
        model = candidates[0]
    return list(model.model_fields)
