"""luthier rehearse SPEC"""

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.common import command, print_json, say

if TYPE_CHECKING:
    from luthier.rehearsal.rehearse import Rehearsal
    from luthier.run import Run

FAILED = 7


@command
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--interruptions", type=click.IntRange(0, 50), default=3, show_default=True, help="Pods to take away.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws when and how they go.")
@click.option("--keep", is_flag=True, help="Keep both runs, to look at.")
@click.option("--sabotage", type=click.Choice(["torn", "no-resume", "leak"]), help="Break this on purpose; must fail.")
def rehearse(
    spec: Path, interruptions: int, seed: int, keep: bool, sabotage: str | None, as_json: bool
) -> int:  # fmt: skip
    """Rehearse the recovery of SPEC's run on a simulated cloud: a small copy of it, straight and interrupted.

    Needs no account and costs nothing. Exit codes: 0 all held, 2 bad spec or data, 7 something did not hold.
    """
    from flows.cli.validated import validated
    from flows.server import server
    from luthier.run import open_run
    from luthier.settings import Settings
    from luthier.spec_file import load_spec

    settings = Settings()
    run = open_run(load_spec(spec), settings)
    validated(run)
    folder = settings.root / "rehearsals" / f"{run.folder.run_id}-{time.strftime('%Y%m%d-%H%M%S')}"
    try:
        with server(settings):
            found = _rehearsed(_prepared(run, folder, interruptions, seed, sabotage))
        _store(folder, found)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    _tell(found)
    if as_json:
        print_json(found)
    return 0 if found["held"] else FAILED


def _prepared(run: "Run", folder: Path, interruptions: int, seed: int, sabotage: Any) -> "Rehearsal":
    from luthier.rehearsal.plan import plan
    from luthier.rehearsal.rehearse import Rehearsal
    from luthier.rehearsal.sabotage import strikes_for
    from luthier.rehearsal.scale import CHECKPOINT_EVERY, scale_down

    say("A recovery rehearsal on a simulated cloud: tiny random model, few rows, real checkpoints, no real GPU.")
    scale_down(run, folder)
    strikes = strikes_for(interruptions, CHECKPOINT_EVERY) if sabotage else plan(interruptions, seed)
    luthier = [sys.executable, "-m", "flows.cli"]
    return Rehearsal(folder, luthier, str(folder / "storage"), strikes=strikes, sabotage=sabotage)


def _rehearsed(rehearsal: "Rehearsal") -> dict[str, Any]:
    from tasks.terminal import display

    shown = display("rehearsal")
    try:
        shown.line("one run straight, one on the simulated cloud")
        for event in rehearsal.interrupted(rehearsal.straight()):
            if event["kind"] == "finished":
                return event["result"]
            shown.line(event["text"])
    finally:
        shown.close()
    raise AssertionError("a rehearsal ends with the event finished")


def _store(folder: Path, found: dict[str, Any]) -> None:
    from luthier.storage import write_json

    write_json(folder.with_suffix(".json"), found)


def _tell(found: dict[str, Any]) -> None:
    for check in found["checks"]:
        say(f"  {'held' if check['held'] else 'DID NOT HOLD':<13} {check['name']}: {check['told']}")
    for hit in found["interruptions"]:
        lost, after = hit["lost_steps"], hit["resumed_after_s"]
        went_on = f", went on after {after} s" if after is not None else ""
        say(f"  {hit['how']} in {hit['phase']}" + (f", {lost} steps lost" if lost is not None else "") + went_on)
    say("Everything held." if found["held"] else "Something did not hold.")
