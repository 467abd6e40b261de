"""Commented specs to start from: the shipped recipes, and the templates that a home keeps of its own runs."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from luthier.errors import NotFound


def recipe_names(templates: Path | None = None) -> list[str]:
    """The shipped ones; with the folder of a home's templates, those after them."""
    shipped = (entry.name for entry in files("recipes").iterdir() if entry.name.endswith(".yaml"))
    own = (file.name for file in templates.glob("*.yaml")) if templates else ()
    return [name.removesuffix(".yaml") for name in (*sorted(shipped), *sorted(own))]


def fill(
    recipe: str,
    name: str,
    data: Path,
    changes: Mapping[str, tuple[Any, str]] | None = None,
    templates: Path | None = None,
) -> str:
    """The text of a recipe or template with its comments, for another name and data file. Raises NotFound.

    changes: further values by their key, each with a comment that says why:
    {"evaluation.max_new_tokens": (32, "answers are short")}.
    """
    known = recipe_names(templates)
    if recipe not in known:
        raise NotFound(f"there is no recipe {recipe}", "", f"Known: {', '.join(known)}.")
    folder = templates if templates and recipe not in recipe_names() else files("recipes")
    lines = folder.joinpath(f"{recipe}.yaml").read_text(encoding="utf-8").splitlines()
    kept: dict[str, tuple[Any, str]] = {"name": (name, ""), "data.path": (str(data), "")}
    for key, (value, why) in {**kept, **(changes or {})}.items():
        _set(lines, key.split("."), value, why)
    return "\n".join(lines) + "\n"


def _set(lines: list[str], path: list[str], value: Any, why: str) -> None:
    """Give the key another value on its own line, or add that line at the end of its section."""
    start, end = 0, len(lines)
    for depth, key in enumerate(path[:-1]):
        at = _find(lines, start, end, depth, key)
        if at is None:
            end = _last(lines, start, end)
            lines[end:end] = [*([""] if depth == 0 else []), f"{'  ' * depth}{key}:"]
            at = end + (depth == 0)
        start, end = at + 1, _end(lines, at + 1, depth)
    depth, key = len(path) - 1, path[-1]
    line = f"{'  ' * depth}{key}: {yaml_value(value)}"
    line = f"{line:<29} # {why}" if why else line
    at = _find(lines, start, end, depth, key)
    if at is None:
        lines.insert(_last(lines, start, end), line)
    else:
        lines[at : max(_end(lines, at + 1, depth), at + 1)] = [line]


def _find(lines: list[str], start: int, end: int, depth: int, key: str) -> int | None:
    return next((at for at in range(start, end) if lines[at].startswith(f"{'  ' * depth}{key}:")), None)


def _end(lines: list[str], start: int, depth: int) -> int:
    """Where what is nested deeper than `depth` ends."""
    inner = "  " * (depth + 1)
    return next((at for at in range(start, len(lines)) if not lines[at].startswith(inner)), len(lines))


def _last(lines: list[str], start: int, end: int) -> int:
    """After the last line that is not blank."""
    while end > start and not lines[end - 1].strip():
        end -= 1
    return end


def yaml_value(value: Any) -> str:
    """On one line; texts in quotes, whatever stands in them."""
    import yaml

    style: dict[str, Any] = {"default_style": '"'} if isinstance(value, str) else {"default_flow_style": True}
    written = str(yaml.safe_dump(value, allow_unicode=True, width=float("inf"), sort_keys=False, **style))
    return written.removesuffix("...\n").strip()
