"""All that is known of one run."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from luthier import approval_record, notes
from luthier.catalogue.log import read_log
from luthier.catalogue.reading import BROKEN, row_of
from luthier.failures import record
from luthier.history import interruptions, paused
from luthier.run_folder import RunFolder
from luthier.storage import read_json

OF_THE_REPORT = {"project", "change", "change_low", "change_high", "perplexity_change"}
"""What a row calls like the report, or says in another way."""

INTERNAL = {"synced_step", "finished"}


def describe(run: RunFolder) -> dict[str, Any]:
    """The run's row, each start of it, its present pause, its failure, its notes, its report, and where it is seen.

    What cannot be read is empty; the row's status then says so.
    """
    row = row_of(run)
    parts: dict[str, Callable[[RunFolder], Any]] = {
        "interruptions": interruptions,
        "starts": starts,
        "paused": lambda run: paused(read_log(run.events)),
        "failure": record.kept,
        "approvals": lambda run: approval_record.read(run)["words"],
        "notes_written": notes.changes,
    }
    found = {"project": {"name": row.project}} | row.model_dump(mode="json", exclude=OF_THE_REPORT)
    found |= {"folder": str(run.root)} | {name: _read(read, run) for name, read in parts.items()}
    for file in (run.root / "prefect.json", run.tracking, run.report / "report.json"):
        found |= _read(partial(_json, file), run) or {}
    return {name: value for name, value in found.items() if name not in INTERNAL} | {"status": row.status}


def starts(run: RunFolder) -> list[dict[str, Any]]:
    """Each time somebody started it: {at, by, how, flow_run, ended, state, why}; the last three None until it ended.

    A start that the next one follows without an end has crashed.
    """
    found: list[dict[str, Any]] = []
    for event in read_log(run.events):
        if event["kind"] == "started":
            if found and found[-1]["state"] is None:
                found[-1]["state"] = "crashed"
            told = {name: event.get(name) for name in ("by", "how", "flow_run")}
            found.append({"at": event["time"], **told, "ended": None, "state": None, "why": None})
        elif event["kind"] == "ended" and found:
            found[-1] |= {"ended": event["time"], "state": event.get("state"), "why": event.get("why")}
    return found


def _json(file: Path, _: RunFolder) -> dict[str, Any]:
    return read_json(file) if file.exists() else {}


def _read(read: Callable[[RunFolder], Any], run: RunFolder) -> Any:
    try:
        return read(run)
    except BROKEN:
        return None
