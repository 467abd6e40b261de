"""The runs of a home: which there are, how each stands, and copies of what they made."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from luthier.errors import NotFound, SpecError
from luthier.history import interruptions, metric_rows
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.stages import STAGES
from luthier.storage import read_json, write_json


def all_runs(settings: Settings) -> list[dict[str, Any]]:
    """One row a run, the newest first: {run_id, status, verdict, changed}."""
    folders = [RunFolder(entry) for entry in settings.runs.glob("*") if entry.is_dir()]
    return sorted((_row(folder) for folder in folders), key=lambda row: row["changed"], reverse=True)


def describe(run: RunFolder) -> dict[str, Any]:
    """All that is known of a run: its row, its report where there is one, and where it can be seen."""
    found = {**_row(run), "folder": str(run.root), "interruptions": interruptions(run)}
    for file in (run.root / "prefect.json", run.tracking, run.report / "report.json"):
        found |= read_json(file) if file.exists() else {}
    for internal in ("synced_step", "finished"):
        found.pop(internal, None)
    return found


def export_run(run: RunFolder, target: Path) -> list[Path]:
    """Copy report, package, metrics and spec into `target`.

    Raises NotFound while the run is not complete, SpecError when `target` cannot be written.
    """
    if not run.marker("report").exists():
        raise NotFound(f"run {run.run_id} is not complete", "", "Start it again: it continues.")
    files = [*sorted(run.report.iterdir()), run.package, run.metrics, run.spec, run.quarantine]
    try:
        target.mkdir(parents=True, exist_ok=True)
        copied = [Path(shutil.copy2(file, target)) for file in files if file.is_file()]
        write_json(target / "metrics.json", metric_rows(run))
    except OSError as error:
        why, fix = error.strerror or str(error), "Name a folder that you can write with --out."
        raise SpecError("the run cannot be copied there", why, fix, str(target)) from None
    return [*copied, target / "metrics.json"]


def _row(run: RunFolder) -> dict[str, Any]:
    done = [stage for stage in STAGES if run.marker(stage).exists()]
    report = run.report / "report.json"
    complete = "report" in done and report.exists()
    return {
        "run_id": run.run_id,
        "status": "completed" if complete else f"after {done[-1]}" if done else "not started",
        "verdict": read_json(report)["verdict"]["label"] if complete else None,
        "changed": datetime.fromtimestamp(run.root.stat().st_mtime, UTC).isoformat(timespec="seconds"),
    }
