"""The few values of a run's spec that its row holds, read fast: parsing all of 10,000 specs would take five seconds."""

from pathlib import Path
from typing import Any

import yaml

from luthier.run_folder import RunFolder

YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where it is built, is eight times as fast."""

READ: dict[str, frozenset[str]] = {
    "name": frozenset(),
    "project": frozenset({"name"}),
    "recipe": frozenset(),
    "notes": frozenset(),
    "data": frozenset({"path"}),
    "model": frozenset({"base"}),
    "training": frozenset({"preset", "method"}),
    "evaluation": frozenset({"primary_metric"}),
}
"""Keys of a spec; of a section these of its keys."""


def spec_text(run: RunFolder) -> str:
    """The spec as it stands in the folder: resolved, or as it was asked for while nothing was chosen; may be empty."""
    file = next((file for file in (run.spec, run.asked) if file.exists()), None)
    return file.read_text(encoding="utf-8") if file else ""


def spec_summary(run: RunFolder) -> dict[str, Any]:
    """Fields of the run's row. Raises KeyError, TypeError or YAMLError where the spec is none."""
    text = spec_text(run)
    if not text:  # it came from a version that kept none until its data had passed
        return {"name": run.run_id}
    try:
        return _fields(run, yaml.load(_cut(text), YAML))
    except (LookupError, TypeError, yaml.YAMLError):  # laid out in another way than we do
        return _fields(run, yaml.load(text, YAML))


def _cut(text: str) -> str:
    """Only the lines of the keys that are read, of a spec as `save_spec` lays it out."""
    kept: list[str] = []
    wanted, section = False, frozenset[str]()
    for line in text.splitlines(keepends=True):
        key = line.partition(":")[0]
        if line[0] not in " \n":
            wanted, section = key in READ, READ.get(key, frozenset())
        elif section and line[:2] == "  " and line[2:3] != " ":
            wanted = key[2:] in section
        if wanted:
            kept.append(line)
    return "".join(kept)


def _fields(run: RunFolder, spec: Any) -> dict[str, Any]:
    training = spec["training"]
    return {
        "name": spec["name"],
        "project": spec["project"]["name"],
        "recipe": spec.get("recipe", ""),
        "note": spec["notes"],
        "base": spec["model"]["base"],
        "preset": training["preset"],
        "method": training["method"],
        "metric": spec["evaluation"]["primary_metric"],
        "sample": Path(spec["data"]["path"]).parent == run.root.parent.parent / "samples",
    }
