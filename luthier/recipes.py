"""The shipped recipes: commented specs to start from."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from luthier.errors import NotFound


def recipe_names() -> list[str]:
    return sorted(
        entry.name.removesuffix(".yaml") for entry in files("recipes").iterdir() if entry.name.endswith(".yaml")
    )


def fill(recipe: str, name: str, data: Path, changes: Mapping[str, tuple[Any, str]] | None = None) -> str:
    """The recipe's text with its comments, for another name and data file. Raises NotFound.

    changes: further values by their key, each with a comment that says why:
    {"evaluation.max_new_tokens": (32, "answers are short")}.
    """
    if recipe not in recipe_names():
        raise NotFound(f"there is no recipe {recipe}", "", f"Known: {', '.join(recipe_names())}.")
    lines = files("recipes").joinpath(f"{recipe}.yaml").read_text(encoding="utf-8").splitlines()
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
    line = f"{'  ' * depth}{key}: {_yaml(value)}"
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


def _yaml(value: Any) -> str:
    """On one line; texts in quotes, whatever stands in them."""
    import yaml

    style: dict[str, Any] = {"default_style": '"'} if isinstance(value, str) else {"default_flow_style": True}
    written = str(yaml.safe_dump(value, allow_unicode=True, width=float("inf"), sort_keys=False, **style))
    return written.removesuffix("...\n").strip()
