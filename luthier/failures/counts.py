"""How often each cause was met, and how often trying again helped."""

from collections.abc import Iterable
from typing import Any

from luthier.failures.causes import CAUSES
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl

TITLES = {cause.name: cause.title for cause in CAUSES}


def counts(runs: Iterable[RunFolder]) -> list[dict[str, Any]]:
    """{cause, title, count, runs, last, retried, fixed, share_fixed}, the most frequent first.

    last: seconds since 1970. retried: how often `luthier retry` was used after it; fixed: of these, what led to a
    complete run without the same failure again; share_fixed: None where nothing was retried.
    """
    rows: dict[str, dict[str, Any]] = {}
    for run in runs:
        for entry in read_jsonl(run.failures):
            row = rows.setdefault(entry["cause"], _row(entry["cause"]))
            if entry["kind"] == "failed":
                row["count"] += 1
                row["runs"].add(run.run_id)
                row["last"] = max(row["last"] or 0, entry["at"])
            else:
                row["retried"] += 1
                row["fixed"] += _fixed(RunFolder(run.root.with_name(entry["new_run_id"])), entry)
    found = sorted(rows.values(), key=lambda row: (-row["count"], row["cause"]))
    return [row | {"runs": len(row["runs"]), "share_fixed": _share(row)} for row in found]


def _row(cause: str) -> dict[str, Any]:
    title = TITLES.get(cause, cause)
    return {"cause": cause, "title": title, "count": 0, "runs": set(), "last": None, "retried": 0, "fixed": 0}


def _share(row: dict[str, Any]) -> float | None:
    return row["fixed"] / row["retried"] if row["retried"] else None


def _fixed(run: RunFolder, retried: dict[str, Any]) -> bool:
    """Whether the run that was started then is complete, and never failed so again."""
    later = [entry for entry in read_jsonl(run.failures) if entry["at"] > retried["at"]]
    done = run.status.exists() and read_json(run.status)["state"] == "completed"
    return done and retried["cause"] not in [entry["cause"] for entry in later if entry["kind"] == "failed"]
