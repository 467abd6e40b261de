"""Copies of what a run made."""

import shutil
from pathlib import Path

from luthier.errors import NotFound, SpecError
from luthier.history import metric_rows
from luthier.run_folder import RunFolder
from luthier.storage import write_json


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
