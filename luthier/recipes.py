"""The shipped recipes: commented specs to start from."""

import json
from importlib.resources import files
from pathlib import Path

from luthier.errors import NotFound


def recipe_names() -> list[str]:
    return sorted(
        entry.name.removesuffix(".yaml") for entry in files("recipes").iterdir() if entry.name.endswith(".yaml")
    )


def fill(recipe: str, name: str, data: Path) -> str:
    """The recipe's text with its comments, for another name and data file. Raises NotFound."""
    if recipe not in recipe_names():
        raise NotFound(f"there is no recipe {recipe}", "", f"Known: {', '.join(recipe_names())}.")
    text = files("recipes").joinpath(f"{recipe}.yaml").read_text()
    lines = [_filled(line, name, data) for line in text.splitlines()]
    return "\n".join(lines) + "\n"


def _filled(line: str, name: str, data: Path) -> str:
    """JSON strings are YAML strings, whatever stands in them."""
    if line.startswith("name:"):
        return f"name: {json.dumps(name)}"
    if line.startswith("  path:"):
        return f"  path: {json.dumps(str(data))}"
    return line
