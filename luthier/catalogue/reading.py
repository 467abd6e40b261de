"""A row, read from a run's folder: no server is asked, and a broken folder is a row like any other."""

import os
import time
from pathlib import Path
from typing import Any

import yaml

from luthier import notes, status
from luthier.catalogue.marks import Marks, marks
from luthier.catalogue.row import Row
from luthier.catalogue.spec_summary import spec_summary
from luthier.compute.pods.record import Records, cost_usd
from luthier.errors import LuthierError
from luthier.failures import record
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.stages import STAGES
from luthier.storage import read_json

BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, yaml.YAMLError, LuthierError)
"""What reading a torn, old or foreign folder may raise."""

Report = dict[str, Any] | None
"""report.json of a run that has one."""


def all_runs(settings: Settings) -> list[Row]:
    """One row a run, the one that changed last first."""
    if not settings.runs.is_dir():
        return []
    folders = [Path(entry.path) for entry in os.scandir(settings.runs) if entry.is_dir()]
    return sorted((row_of(RunFolder(folder)) for folder in folders), key=lambda row: row.changed, reverse=True)


def row_of(run: RunFolder) -> Row:
    """The run's row; its status is "unreadable", with the reason, where the folder cannot be read."""
    try:
        return Row.model_validate(_read(run))
    except BROKEN as error:
        why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        when = run.root.stat().st_mtime if run.root.exists() else time.time()
        told = {"status": "unreadable", "why": why[:200], "started": True, "created": when, "changed": when}
        return Row.model_validate({"run_id": run.run_id, "name": run.run_id, **told})


def _read(run: RunFolder) -> dict[str, Any]:
    done = [stage for stage in STAGES if run.marker(stage).exists()]
    report = _json(run.report / "report.json") if "report" in done else None
    seen = marks(run.events)
    return {
        "run_id": run.run_id,
        **spec_summary(run),
        **_standing(run, done, report),
        **_result(report),
        **_spent(run, report, seen),
        "rows": _accepted(run, report),
        "interruptions": len(report["interruptions"]) if report is not None else seen.interruptions,
        **({"note": note} if (note := notes.edited(run)) is not None else {}),
    }


def _standing(run: RunFolder, done: list[str], report: Report) -> dict[str, Any]:
    changed = max(file.stat().st_mtime for file in (run.root, run.events) if file.exists())
    told = status.standing(run)
    if told is None:
        started = run.attempts.exists() or report is not None
        finished = report["created_at"] if report is not None else None
        when = {"created": run.root.stat().st_mtime, "changed": changed, "finished": finished}
        return {"status": _unstarted(run, done, started), "started": started, **when}
    failure = record.kept(run) if told["state"] == "failed" else None
    ended = told["since"] if told["state"] in ("completed", "failed", "cancelled") else None
    return {
        "status": told["state"],
        "why": told["why"],
        "started": True,
        **{name: told[name] for name in ("creator", "how", "created")},
        "changed": changed,
        "finished": ended,
        "cause": failure["cause"] if failure else "",
    }


def _unstarted(run: RunFolder, done: list[str], started: bool) -> str:
    if started:  # by a version that wrote no status.json
        return "completed" if "report" in done else f"after {done[-1]}" if done else "not started"
    return "checked" if done else "check failed" if run.data.exists() else "not started"


def _result(report: Report) -> dict[str, Any]:
    if report is None:
        return {}
    metric = report["verdict"]["primary_metric"]
    change = report["change"].get(metric, {})
    return {
        "verdict": report["verdict"]["label"],
        "metric": metric,
        "change": change.get("value"),
        "change_low": change.get("ci_low"),
        "change_high": change.get("ci_high"),
        "perplexity_change": report["change"]["perplexity"]["value"],
    }


def _spent(run: RunFolder, report: Report, seen: Marks) -> dict[str, Any]:
    """Of a run without a report its pods and its log tell."""
    if report is not None:
        seconds = sum(took or 0 for took in report["duration"].values())
        return {"usd": report["cost"]["actual"], "usd_estimated": report["cost"]["estimated"], "seconds": seconds}
    told = _json(run.estimate).get("usd")
    usd = cost_usd(Records(run).all(), time.time()) if run.pods.exists() else 0.0
    return {"usd": usd, "usd_estimated": told and told["likely"], "seconds": seen.seconds}


def _accepted(run: RunFolder, report: Report) -> int | None:
    if report is not None:
        return report["data"]["accepted"]
    return _json(run.marker("validate-data")).get("summary", {}).get("accepted")


def _json(file: Path) -> dict[str, Any]:
    return read_json(file) if file.exists() else {}
