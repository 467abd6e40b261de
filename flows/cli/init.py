"""luthier init [RECIPE]"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.common import command, print_json, say
from flows.cli.questions import at_terminal, choose

if TYPE_CHECKING:
    from luthier.data.look import Look
    from luthier.data.proposal import Changes
    from luthier.spec import RunSpec


@command
@click.argument("recipe", required=False)
@click.option("--data", type=click.Path(path_type=Path), help="The data file, beside the spec or anywhere.")
@click.option("--name", help="Name of the run.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("luthier.yaml"), show_default=True)
def init(recipe: str | None, data: Path | None, name: str | None, out: Path, as_json: bool) -> int:
    """Look at the data and write a commented spec for it; asks for what cannot be seen.

    Without RECIPE the data decides on one of them:

    \b
    brand-voice, classification, clinical-summaries, code-generation,
    creative-writing, customer-support, demo, question-answering

    \b
    or a template that `luthier runs save-template` wrote.
    """
    from luthier.catalogue.presets import so_far
    from luthier.errors import SpecError
    from luthier.recipes import fill, recipe_names
    from luthier.settings import Settings

    templates = Settings().templates
    if os.path.lexists(out):
        raise SpecError("the file is already there", "", "Choose another with --out, or remove it.", str(out))
    if recipe:
        fill(recipe, "", Path(), templates=templates)  # an unknown one is refused before anything is asked
    data = data or Path(_ask("Data file", "data.jsonl"))
    seen, changes = _looked_at(data)
    recipe = recipe or _proposed(seen) or choose("Recipe", recipe_names(templates), "customer-support")
    changes |= _fitting(seen, recipe)
    name = name or _ask("Name of the run", data.stem or out.stem)
    changes |= _where(recipe)
    placed = data.absolute() if os.path.exists(data) else data  # noqa: PTH110
    spec = _write(out, fill(recipe, name, placed, changes, templates))
    for line in so_far(Settings(), spec):
        say(line)
    say(f"Wrote {out}. Next:\n  luthier check {out}\n  luthier run {out} --sample 30\n  luthier run {out}")
    if as_json:
        print_json({"ok": True, "spec": str(out), "recipe": recipe, "seen": _seen_json(seen)})
    return 0


def _looked_at(data: Path) -> tuple["Look | None", "Changes"]:
    """What the file holds, None while there is none; and what a person said of it. Raises DataError, SpecError."""
    if not os.path.lexists(data):
        say(f"{data} is not there yet: the spec is written without a look at it.")
        return None, {}
    if data.is_file() and data.stat().st_size == 0:
        say(f"{data} is empty yet: the spec is written without a look at it.")
        return None, {}
    from flows.cli.looked import answers_of
    from luthier.data.look import look

    seen, changes = answers_of(data, look(data))
    for line in _lines(data, seen):
        say(line)
    return seen, changes


def _lines(data: Path, seen: "Look") -> list[str]:
    """What is in the file, in three lines."""
    first = "first " if seen.rows_seen >= 1000 else ""
    columns = ", ".join(field if field == column else f"{column} as {field}" for field, column in seen.columns.items())
    if seen.answers_are_labels:
        answers = f"the answers are labels: {', '.join(label[:40] for label in seen.labels[:8])}"
    else:
        answers = f"half of the answers have at most {seen.median_answer_words} words"
    if seen.has_time:
        answers += "; each row has its time"
    faults = (
        f"{seen.faults:,} cannot be used; the first: {seen.first_fault}" if seen.faults else "every row can be used"
    )
    return [
        f"{data.name}: {first}{seen.rows_seen:,} rows, {seen.format or 'exported messages'} ({columns or '-'})",
        f"  {answers}",
        f"  {faults}",
    ]


def _proposed(seen: "Look | None") -> str | None:
    from luthier.data.proposal import recipe_for

    if seen is None:
        return None
    proposal = recipe_for(seen)
    say(f"Recipe {proposal.recipe}: {proposal.why}. Another: luthier init RECIPE, see --help.")
    return proposal.recipe


def _fitting(seen: "Look | None", recipe: str) -> "Changes":
    from luthier.data.proposal import changes_for

    return changes_for(seen, recipe) if seen else {}


def _where(recipe: str) -> "Changes":
    if not at_terminal() or recipe == "demo":
        return {}
    provider = choose("Where to train", ["local", "runpod"], "local")
    why = "on rented machines; see docs/runpod.md" if provider == "runpod" else "this machine; runpod: rented ones"
    return {"compute.provider": (provider, why)}


def _ask(question: str, default: str) -> str:
    """Ask at a terminal; take the default elsewhere."""
    return click.prompt(question, default=default, err=True) if at_terminal() else default


def _write(out: Path, text: str) -> "RunSpec":
    """Raises Problems for a spec that would not read, SpecError when it cannot be written."""
    import yaml

    from luthier.errors import SpecError
    from luthier.spec_file import parse_spec

    spec = parse_spec(yaml.safe_load(text), str(out))
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        why, fix = error.strerror or str(error), "Choose another place with --out."
        raise SpecError("the spec cannot be written", why, fix, str(out)) from None
    return spec


def _seen_json(seen: "Look | None") -> dict[str, Any] | None:
    return seen and {name: value for name, value in seen._asdict().items() if name != "problem"}
