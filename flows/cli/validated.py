"""The data of a run, validated before anything is spent; the run itself will find this stage done."""

import time
from collections.abc import Iterator
from typing import Any

from luthier.run import Run
from luthier.storage import read_json
from luthier.validation import validate


def validated(run: Run) -> dict[str, Any]:
    """What validate-data found. Raises what it raises."""
    with run.folder.locked():
        if run.completed("validate-data") is None:
            started = time.monotonic()
            summary = _follow(validate(run))
            run.folder.complete("validate-data", run.key("validate-data"), summary, time.monotonic() - started)
    return read_json(run.folder.validation) | (run.completed("validate-data") or {})


def _follow(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    from tasks.terminal import display

    shown = display("validate-data")
    try:
        for event in events:
            if event["kind"] == "phase":
                shown.line(event["name"])
            elif event["kind"] == "progress":
                shown.progress(event["done"], event["total"], event.get("unit", ""))
            elif event["kind"] == "finished":
                return event["result"]
    finally:
        shown.close()
    raise AssertionError("a stage ends with the event finished")
