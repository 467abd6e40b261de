"""luthier check SPEC"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.common import command, print_json, say

if TYPE_CHECKING:
    from luthier.run import Run


@command
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key: data.dedupe=near.")
def check(spec: Path, overrides: tuple[str, ...], as_json: bool) -> int:
    """Read, inspect and gate the data of SPEC, and say whether its run could start. Spends nothing.

    Exit codes: 0 the run could start, 2 it could not.
    """
    from flows.cli.checked import accepted, refused, tell
    from luthier.errors import LuthierError
    from luthier.run import open_run
    from luthier.settings import Settings
    from luthier.spec_file import load_spec

    run = None
    try:
        run = open_run(load_spec(spec, list(overrides)), Settings())
        found = _validated(run)
    except LuthierError as error:
        if not as_json:
            raise
        say(f"luthier: {error}")
        print_json(refused(error, spec, run))
        return error.exit_code
    tell(found, run.spec)
    if as_json:
        print_json(accepted(found, run))
    return 0


def _validated(run: "Run") -> dict[str, Any]:
    """What validate-data found; the run itself will find this stage done."""
    from luthier.storage import read_json
    from luthier.validation import validate

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
