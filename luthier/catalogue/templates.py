"""A run's spec as a template of this home: `<home>/templates/NAME.yaml`, which `luthier init NAME` starts from."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from luthier.catalogue.reading import row_of
from luthier.catalogue.row import Row
from luthier.errors import NotFound, SpecError
from luthier.recipes import recipe_names, yaml_value
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec, Section
from luthier.spec_file import load_spec
from luthier.stages import slug
from luthier.storage import read_json, write_text

OF_THE_RUN: Any = {
    "name": True,
    "notes": True,
    "recipe": True,
    "project": {"price_usd"},
    "data": {"path", "more"},
    "compute": {"deadline"},
}
"""What another run will have its own of."""

CHOSEN_LATER = {"packing", "micro_batch_tokens", "dtype", "gradient_checkpointing"}
"""Training values that are chosen on the machine; without an asked.yaml nobody knows whether they were asked for."""


def save_template(run: RunFolder, name: str, settings: Settings, force: bool = False, resolved: bool = False) -> Path:
    """Write what the run's spec asks for beyond the defaults; resolved: with every value that was chosen for the run.

    Raises SpecError where the name cannot be used or is taken, NotFound where the run's spec is not known.
    """
    if name != slug(name) or name in recipe_names():
        why = "A shipped recipe is called so." if name in recipe_names() else ""
        fix = f"Use lower-case letters, digits and hyphens, as in my-{slug(name)}."
        raise SpecError(f"a template cannot be called {name}", why, fix, "NAME")
    target = settings.templates / f"{name}.yaml"
    if target.exists() and not force:
        raise SpecError("the template is already there", "", "Choose another name, or --force.", str(target))
    write_text(target, _text(_spec(run, resolved), name, row_of(run)))
    return target


def _spec(run: RunFolder, resolved: bool) -> RunSpec:
    if run.asked.exists() and not resolved:
        return load_spec(run.asked)
    if not run.spec.exists():
        raise NotFound(f"the spec of {run.run_id} is not known", "Its data never passed.", "Choose another run.")
    spec = load_spec(run.spec)
    return spec if resolved else _without_chosen(run, spec)


def _without_chosen(run: RunFolder, spec: RunSpec) -> RunSpec:
    """For runs of earlier versions, which kept only the resolved spec."""
    marker = run.marker("validate-data")
    chosen = set(read_json(marker)["summary"].get("chosen", {})) if marker.exists() else set()
    training = spec.training.model_dump(exclude=chosen | CHOSEN_LATER)
    compute = spec.compute.model_copy(update={"threads": None})
    return RunSpec.model_validate(spec.model_dump() | {"training": training, "compute": compute.model_dump()})


def _text(spec: RunSpec, name: str, row: Row) -> str:
    became = f"{row.status}{f', {row.verdict}' if row.verdict else ''}".replace("_", " ")
    asked = spec.model_dump(mode="json", exclude_defaults=True, exclude=OF_THE_RUN)
    asked["data"] = {"path": "data.jsonl"} | asked.get("data", {})
    data = spec.data.model_copy(update={"path": Path("data.jsonl")})
    lines = [
        f"# Template {name}: what run {row.run_id} asked for ({became}); saved {datetime.now().astimezone().date()}.",
        f"# `luthier init {name} --data FILE` writes a spec from it. What is not named has its default: docs/spec.md.",
        f"name: {yaml_value(name)}",
        f"recipe: {yaml_value(name)}",
        *_lines(spec.model_copy(update={"data": data}), asked, 0),
    ]
    return "\n".join(lines) + "\n"


def _lines(section: Section, values: dict[str, Any], depth: int) -> Iterator[str]:
    """A line a value, with its field's description as the comment."""
    for name, value in values.items():
        inner = getattr(section, name)
        if isinstance(inner, Section):
            yield f"{'  ' * depth}{name}:"
            yield from _lines(inner, value, depth + 1)
            continue
        about = type(section).model_fields[name].description
        line = f"{'  ' * depth}{name}: {yaml_value(value)}"
        yield f"{line:<29} # {about}" if about else line
