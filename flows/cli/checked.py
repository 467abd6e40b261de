"""What `luthier check` tells of a spec and its data: lines for people, and the contract's JSON."""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.cli.checked_data import data_lines
from flows.cli.common import say
from luthier.approval import waiting, waits_in_words
from luthier.errors import LuthierError, Problems
from luthier.estimate.budget import over_budget
from luthier.estimate.estimate import Estimate
from luthier.estimate.words import as_json, lines
from luthier.run import Run
from luthier.storage import read_json

COUNTS = ("read", "accepted", "quarantined", "blank")


def tell(found: dict[str, Any], estimate: Estimate, run: Run) -> None:
    from luthier.catalogue.presets import so_far
    from luthier.training.presets import PRESETS

    spec, training = run.spec, run.spec.training
    for line in data_lines(found):
        say(line)
    preset = PRESETS[training.preset]
    say(f"  preset {training.preset}: {preset.use}. Risk: {preset.risk}. Chosen for this run:")
    for key, reason in found["chosen"].items():
        say(f"    {key} = {getattr(training, key)}: {reason}")
    for line in so_far(run.settings, spec):
        say(f"  {line}")
    for line in lines(estimate, spec.budget, datetime.now().astimezone()):
        say(line)
    say(f"Data page: {run.folder.page}")
    if not over_budget(estimate, spec.budget):
        waits = waits_in_words(run, estimate)
        say(f"The run could start.{f' {waits}' if waits else ''}")


def accepted(
    found: dict[str, Any], estimate: Estimate, refusal: LuthierError | None, spec: Path, run: Run
) -> dict[str, Any]:
    """What was found of data that passed; `refusal`: the estimate is above the budget."""
    keys = ("ok", *COUNTS, "errors", "warnings", "tokens", "chosen")
    told = {name: found[name] for name in keys} | {"page": str(run.folder.page)}
    told["estimate"] = as_json(estimate, run.spec.budget, datetime.now().astimezone())
    told["waits_for_approval"] = waiting(run, estimate)
    refused_by_budget = (
        {"ok": False, "errors": [_fault(refusal, spec)], "exit_code": refusal.exit_code} if refusal else {}
    )
    return told | refused_by_budget


def refused(error: LuthierError, spec: Path, run: Run | None) -> dict[str, Any]:
    """Every fault with its place, and what was found in the data before; null where it did not come to that."""
    found = read_json(run.folder.validation) if run and run.folder.validation.exists() else {}
    parts = error.problems if isinstance(error, Problems) else [error]
    every_row = found.get("errors") if isinstance(error, Problems) else None  # people are shown the first of a kind
    return {
        "ok": False,
        **{name: found.get(name) for name in COUNTS},
        "errors": every_row or [_fault(part, spec) for part in parts],
        "warnings": found.get("warnings", []),
        "tokens": found.get("tokens", {}),
        "estimate": None,
        "page": str(run.folder.page) if run and found else None,
        "exit_code": error.exit_code,
    }


def _fault(error: LuthierError, spec: Path) -> dict[str, Any]:
    """A fault's place is a line of a file, a file or folder, or else a key of the spec."""
    file, _, line = error.where.rpartition(":")
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    place: dict[str, Any] = {"file": str(spec), "line": None, "field": error.where}
    if file and line.isdigit():
        place = {"file": file, "line": int(line), "field": ""}
    elif os.sep in error.where or error.where == str(spec):
        place = {"file": error.where, "line": None, "field": ""}
    return place | {"code": code, "message": str(error)}
