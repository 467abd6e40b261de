"""The data that there is: the example set that comes along, and what has been checked in this home."""

from datetime import UTC, datetime
from typing import Any

from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.storage import read_json

EXAMPLE = {
    "name": "chatterbot",
    "about": "an example set: English small talk and facts, pairs with a topic (BSD licence)",
    "write": "luthier data example",
}


def data_sets(settings: Settings) -> list[dict[str, Any]]:
    """The example set, then a row for each content that was checked, the latest first:
    {name, format, read, accepted, ok, quality, runs, checked, page, sha256}.
    """
    found: dict[str, dict[str, Any]] = {}
    folders = [RunFolder(entry) for entry in settings.runs.glob("*") if entry.is_dir()]
    for run in sorted(folders, key=_checked):
        if run.validation.exists():
            told = read_json(run.validation)
            key = told["sha256"] or run.run_id
            runs = [*found.get(key, {}).get("runs", []), run.run_id]
            found[key] = _row(told, run) | {"runs": runs}
    return [EXAMPLE, *reversed(found.values())]


def _row(told: dict[str, Any], run: RunFolder) -> dict[str, Any]:
    return {
        "name": told["source"],
        **{name: told[name] for name in ("format", "read", "accepted", "ok", "sha256")},
        "quality": told.get("quality", {}).get("score"),
        "checked": datetime.fromtimestamp(_checked(run), UTC).isoformat(timespec="seconds"),
        "page": str(run.page),
    }


def _checked(run: RunFolder) -> float:
    return run.validation.stat().st_mtime if run.validation.exists() else 0.0
