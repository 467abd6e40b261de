"""The content of report.json, gathered from the files of a run."""

from datetime import UTC, datetime
from typing import Any

from luthier import notes
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import read_json

SCHEMA_VERSION = 1

NO_RETENTION = {
    "measured": False,
    "reason": "What the base could do besides this task was not tested again after training.",
}


def assemble(run: RunFolder, spec: RunSpec, facts: dict[str, Any]) -> dict[str, Any]:
    """What report.schema.json describes; `facts` as in `reporting.build`."""
    before, after = read_json(run.baseline / "metrics.json"), read_json(run.evaluation / "metrics.json")
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": facts["run_id"],
        "name": spec.name,
        "project": {"name": spec.project.name},
        "notes": spec.notes if (note := notes.edited(run)) is None else note,
        "status": facts["status"],
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": read_json(run.validation),
        **_measurements(before, after),
        "retention": NO_RETENTION,
        **{key: facts[key] for key in ("training", "interruptions", "cost", "duration", "lineage", "adapter_sha256")},
        "estimate": facts.get("estimate"),
        "paused_seconds": facts.get("paused_seconds", 0.0),
        "links": facts.get("links", {}),
    }


def _measurements(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    few_shot = before["few_shot"]
    return {
        "verdict": after["verdict"],
        "test_examples": after["n"],
        "baseline": before["base"],
        "few_shot": few_shot if few_shot.get("measured") is False else {**few_shot, "measured": True},
        "tuned": after["tuned"],
        "decoding": before.get("decoding", {}),
        "weak": before.get("weak", []),
        "change": after["change"],
        "versus_few_shot": after.get("versus_few_shot", {}),
        "wins": after["wins"],
        "detectable": after["detectable"],
        "base_recheck": after.get("base_recheck"),
        "examples": after["examples"],
        "examples_rule": after["examples_rule"],
    }
