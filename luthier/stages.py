"""The chain as data: each stage, what of the spec it reads, which stages it needs, and what it leaves.

A stage's key hashes only that, so that a fix elsewhere never throws away a paid training. Raise a
stage's `version` by hand when its results would change.
"""

from typing import Any, NamedTuple

from luthier.spec import RunSpec
from luthier.storage import sha256_json


class Stage(NamedTuple):
    name: str
    version: int
    reads: tuple[str, ...]
    after: tuple[str, ...]
    leaves: tuple[str, ...]
    """Patterns of files in the run's folder."""


STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            "validate-data",
            version=2,
            reads=("data", "model", "seed"),
            after=(),
            leaves=("data/validation.json", "data/train.parquet", "data/validation.parquet", "data/test.parquet"),
        ),
        Stage(
            "baseline-eval",
            version=2,
            reads=("model", "evaluation", "seed"),
            after=("validate-data",),
            leaves=("baseline/metrics.json", "baseline/predictions.jsonl"),
        ),
        Stage(
            "train",
            version=2,
            reads=("model", "training", "seed"),
            after=("validate-data",),
            leaves=("adapter/*model.safetensors", "adapter/*config.json"),
        ),
        Stage(
            "eval",
            version=2,
            reads=("model", "evaluation", "seed"),
            after=("baseline-eval", "train"),
            leaves=("evaluation/metrics.json", "evaluation/predictions.jsonl"),
        ),
        Stage(
            "report",
            version=1,
            reads=("name", "project", "notes", "report"),
            after=("eval",),
            leaves=("report/report.html", "report/report.pdf", "report/report.json", "package.zip"),
        ),
    )
}


JOBS = {"baseline-eval": "baseline", "train": "train", "eval": "evaluate"}
"""What the workers of a stage are called in jobs and events."""

_PLACES = ("path", "rules", "stored", "approve", "refresh_hours", "database")


def stage_key(name: str, spec: RunSpec, data_sha256: str) -> str:
    """Hash of all that the stage's result depends on: its version, its sections, its predecessors' keys."""
    stage = STAGES[name]
    sections = spec.model_dump(mode="json", include=set(stage.reads))
    if "data" in sections:
        sections["data"] = _decisive(sections["data"])
    before = [stage_key(other, spec, data_sha256) for other in stage.after]
    return sha256_json([stage.name, stage.version, sections, before, data_sha256])


def run_id(spec: RunSpec, data_sha256: str) -> str:
    """`<name>-<hash>` of the content of the data and of the sections that decide the result."""
    sections = spec.model_dump(mode="json", include={"data", "model", "training", "evaluation", "seed"})
    sections["data"] = _decisive(sections["data"])
    return f"{slug(spec.name)}-{sha256_json([sections, data_sha256])[:10]}"


def _decisive(data: dict[str, Any]) -> dict[str, Any]:
    """The section without what changes no row: where the data lies, and who looks at it. Its content has a hash."""
    kept = {key: value for key, value in data.items() if key not in _PLACES}
    return kept | {"more": [{key: each[key] for key in each if key != "path"} for each in data["more"]]}


def slug(name: str) -> str:
    """Lower-case letters, digits and hyphens, at most 40 of them; never empty."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    plain = "-".join(part for part in kept.split("-") if part)[:40].strip("-")
    if any(c.isalnum() and not c.isascii() for c in name):  # what was dropped must not make two names one
        plain = f"{plain[:31].strip('-') or 'run'}-{sha256_json(name)[:8]}"
    return plain or "run"
