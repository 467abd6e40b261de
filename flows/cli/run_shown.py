"""A run as `luthier runs show` tells it: how it stands, what it proved, what it took, who started it, where it is."""

from collections.abc import Iterator
from typing import Any

from flows.cli.result import interval
from flows.cli.tables import plain
from flows.cli.times import lasted, local
from luthier.catalogue.row import Row
from luthier.run_folder import RunFolder

HOW = {"terminal": "in a terminal", "prefect": "through Prefect", "schedule": "by its schedule"}


def lines(row: Row, found: dict[str, Any], run: RunFolder) -> Iterator[str]:
    """`found`: as luthier.catalogue.detail.describe gives it."""
    sections = {
        f"{row.name} ({row.run_id})": _what(row),
        "State": _state(row, found),
        "Verdict": _verdict(found),
        "Time and money": _spent(row, found),
        "Starts": _starts(found["starts"] or []),
        "Places": _places(row, found, run),
    }
    for title, told in sections.items():
        pairs = [(name, str(value)) for name, value in told if value not in (None, "")]
        if pairs:
            yield plain(title)
            yield from (f"  {name:<14} {plain(value)}".rstrip() for name, value in pairs)


Pairs = Iterator[tuple[str, Any]]


def _what(row: Row) -> Pairs:
    yield "project", row.project
    yield "recipe", row.recipe
    yield "base", row.base
    yield "training", " ".join(filter(None, (row.method, row.preset)))
    yield "rows of data", row.rows
    yield "note", row.note


def _state(row: Row, found: dict[str, Any]) -> Pairs:
    yield "status", row.status
    if row.status == "running" and (pause := found["paused"]):
        yield "paused", f"{pause['reason']}, since {local(pause['time'])}"
    yield "why", row.why
    if (failure := found["failure"]) and row.status == "failed":
        yield "cause", row.cause
        yield "what to do", failure.get("fix")
    yield "created", f"{local(row.created)}{f' by {row.creator}' if row.creator else ''}"
    yield "ended", local(row.finished)
    for word in found["approvals"] or []:
        said = "approved" if word["approved"] else "rejected"
        yield said, f"{word['about']}, by {word['by']}, {local(word['at'])} {word.get('note', '')}".rstrip()


def _verdict(found: dict[str, Any]) -> Pairs:
    if not isinstance(verdict := found.get("verdict"), dict):
        return
    yield verdict["label"].replace("_", " "), verdict["reason"]
    for metric, change in found["change"].items():
        yield metric, interval(change)
    for metric, item in verdict["accept"].items():
        met = {True: "met", False: "MISSED", None: "not measured"}[item["met"]]
        yield f"wanted {metric}", f"{item['wanted']}: {met}"


def _spent(row: Row, found: dict[str, Any]) -> Pairs:
    estimated = "" if row.usd_estimated is None else f" (estimated ${row.usd_estimated:,.2f})"
    yield "cost", "" if row.usd is None else f"${row.usd:,.2f}{estimated}"
    yield "worked", lasted(row.seconds)
    for stage, seconds in (found.get("duration") or {}).items():
        yield f"  {stage}", lasted(seconds)
    for death in found["interruptions"] or []:
        step = "" if death["step"] is None else f" at step {death['step']}"
        yield "interrupted", f"{death['stage']}, attempt {death['attempt']}{step}: {death['cause']}"


def _starts(starts: list[dict[str, Any]]) -> Pairs:
    for start in starts:
        how = HOW.get(start["how"], start["how"])
        end = f"; {start['state']}" if start["state"] else "; still at work"
        ended = f" {local(start['ended'])}" if start["ended"] else ""
        why = f": {start['why']}" if start["why"] else ""
        yield local(start["at"]), f"by {start['by']} {how}{end}{ended}{why}"


def _places(row: Row, found: dict[str, Any], run: RunFolder) -> Pairs:
    yield "folder", found["folder"]
    files = {
        "report": run.report / "report.html",
        "data page": run.page,
        "adapter": run.adapter,
        "package": run.package,
    }
    for name, file in files.items():
        yield name, file if file.exists() else ""
    if flow_run := found.get("prefect_flow_run_id"):
        yield "prefect", f"flow run {flow_run} at {found.get('prefect_api_url')}"
    if mlflow_run := found.get("mlflow_run_id"):
        yield "mlflow", f"run {mlflow_run} in {found.get('mlflow_uri')}"
    yield "event log", f"luthier events {row.run_id}"
