"""luthier init [RECIPE]"""

import os
import sys
from pathlib import Path

import click

from flows.cli.common import command, print_json, say


@command
@click.argument("recipe", required=False)
@click.option("--data", type=click.Path(path_type=Path), help="The data file, beside the spec or anywhere.")
@click.option("--name", help="Name of the run.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("luthier.yaml"), show_default=True)
def init(recipe: str | None, data: Path | None, name: str | None, out: Path, as_json: bool) -> int:
    """Write a commented spec from RECIPE (demo, customer-support); asks for what is not given."""
    from luthier.errors import SpecError
    from luthier.recipes import fill, recipe_names

    if os.path.lexists(out):
        raise SpecError("the file is already there", "", "Choose another with --out, or remove it.", str(out))
    recipe = recipe or _ask("Recipe", default="customer-support", choices=recipe_names())
    data = data or Path(_ask("Data file", default="data.jsonl"))
    name = name or _ask("Name of the run", default=out.stem)
    try:
        out.write_text(fill(recipe, name, data.absolute() if os.path.exists(data) else data))  # noqa: PTH110
    except OSError as error:
        why, fix = error.strerror or str(error), "Choose another place with --out."
        raise SpecError("the spec cannot be written", why, fix, str(out)) from None
    say(f"Wrote {out}. Next:\n  luthier check {out}\n  luthier run {out}")
    if as_json:
        print_json({"ok": True, "spec": str(out), "recipe": recipe})
    return 0


def _ask(question: str, default: str, choices: list[str] | None = None) -> str:
    """Ask at a terminal; take the default elsewhere."""
    if not sys.stdin.isatty():
        return default
    return click.prompt(question, default=default, type=click.Choice(choices) if choices else str, err=True)
