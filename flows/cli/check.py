"""luthier check SPEC"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from flows.cli.common import command, print_json, say


@command
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key: data.dedupe=near.")
def check(spec: Path, overrides: tuple[str, ...], as_json: bool) -> int:
    """Read, inspect and gate the data of SPEC, and say whether its run could start. Spends nothing.

    Exit codes: 0 the run could start, 2 it could not.
    """
    from luthier.errors import LuthierError

    try:
        found = _check(spec, list(overrides))
    except LuthierError as error:
        if as_json:
            print_json(_refused(error))
            say(f"luthier: {error}")
            return error.exit_code
        raise
    if as_json:
        print_json(found)
    return 0


def _check(path: Path, overrides: list[str]) -> dict[str, Any]:
    from luthier.run import open_run
    from luthier.settings import Settings
    from luthier.spec_file import load_spec
    from luthier.storage import read_json
    from luthier.validation import validate

    run = open_run(load_spec(path, overrides), Settings())
    with run.folder.locked():
        if run.completed("validate-data") is None:
            started = time.monotonic()
            summary = _follow(validate(run))  # the run itself will find this stage done
            run.folder.complete("validate-data", run.key("validate-data"), summary, time.monotonic() - started)
    found = read_json(run.folder.validation) | (run.completed("validate-data") or {})
    _tell(found, run.spec)
    return _contract(found, run)


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


def _tell(found: dict[str, Any], spec: Any) -> None:
    from luthier.training.presets import PRESETS

    tokens, splits, training = found["tokens"], found["splits"], spec.training
    say(f"{found['source']}: read as {found['format']}, {found['columns']}")
    counts = f"{found['accepted']} accepted + {found['quarantined']} set aside + {found['blank']} blank"
    say(f"  {counts} = {found['read']} read")
    for reason, count in found["reasons"].items():
        say(f"    {count} × {reason}")
    for warning in found["warnings"]:
        say(f"  warning: {warning['message']}")
    say(f"  split: {splits['train']} train, {splits['validation']} validation, {splits['test']} test")
    say(f"  tokens: {tokens['total']}, {tokens['trained']} of them learned; longest row {tokens['max']}")
    preset = PRESETS[training.preset]
    say(f"  preset {training.preset}: {preset.use}. Risk: {preset.risk}. Chosen for this run:")
    for key, reason in found["chosen"].items():
        say(f"    {key} = {getattr(training, key)}: {reason}")
    say("The run could start.")


def _contract(found: dict[str, Any], run: Any) -> dict[str, Any]:
    keys = ("ok", "read", "accepted", "quarantined", "blank", "errors", "warnings", "tokens", "chosen")
    page = str(run.folder.page)
    return {name: found[name] for name in keys} | {"estimate": _estimate(found, run.spec), "page": page}


def _estimate(found: dict[str, Any], spec: Any) -> dict[str, Any]:
    """Optimizer steps of the run; time is not predicted here, and this machine costs nothing."""
    import math

    steps = math.ceil(found["splits"]["train"] / spec.training.batch_size) * spec.training.epochs
    return {"steps": spec.training.max_steps or math.ceil(steps), "seconds": None, "usd": 0.0}


def _refused(error: Any) -> dict[str, Any]:
    """The contract's shape for a spec or data that cannot be used: every fault, with its place."""
    problems = getattr(error, "problems", [error])
    return {
        "ok": False,
        "errors": [_fault(problem) for problem in problems],
        "warnings": [],
        "exit_code": error.exit_code,
    }


def _fault(problem: Any) -> dict[str, Any]:
    file, _, line = problem.where.rpartition(":")
    numbered = bool(file) and line.isdigit()
    return {
        "file": file if numbered else problem.where,
        "line": int(line) if numbered else None,
        "field": None if numbered else problem.where,
        "code": type(problem).__name__,
        "message": str(problem),
    }
