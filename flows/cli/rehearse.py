"""luthier rehearse SPEC"""

import shutil
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.common import command, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luthier.events import Event
    from luthier.rehearsal.rehearse import Rehearsal
    from luthier.run import Run
    from tasks.terminal import Display

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
    from flows.server import server
    from luthier.rehearsal.isolation import isolated
    from luthier.run import open_run
    from luthier.settings import Settings
    from luthier.spec_file import load_spec

    settings = Settings()
    run = open_run(load_spec(spec), settings)
    folder = settings.root / "rehearsals" / f"{run.folder.run_id}-{time.strftime('%Y%m%d-%H%M%S')}"
    try:
        _scale_down(run, folder)
        with isolated(folder), server(Settings(home=folder)):
            found = _rehearsed(_planned(folder, interruptions, seed, sabotage))
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    found = found if keep else found | {"straight_home": None, "interrupted_home": None}
    _store(folder, found)
    _tell(found)
    if as_json:
        print_json(found)
    return 0 if found["held"] else FAILED


def _scale_down(run: "Run", folder: Path) -> None:
    """Write the small run; the data of the real one is validated first, in `folder` where that was not done before."""
    from flows.cli.validated import validated
    from luthier.rehearsal.scale import scale_down
    from luthier.run_folder import RunFolder

    if run.completed("validate-data") is None:
        run = replace(run, folder=RunFolder(folder / "source" / run.folder.run_id))
        validated(run)
    say("A recovery rehearsal on a simulated cloud: tiny random model, few rows, real checkpoints, no real GPU.")
    scale_down(run, folder)


def _planned(folder: Path, interruptions: int, seed: int, sabotage: Any) -> "Rehearsal":
    from luthier.bucket import Bucket
    from luthier.rehearsal.plan import plan
    from luthier.rehearsal.rehearse import Rehearsal
    from luthier.rehearsal.sabotage import strikes_for
    from luthier.rehearsal.scale import CHECKPOINT_EVERY

    strikes = strikes_for(interruptions, CHECKPOINT_EVERY) if sabotage else plan(interruptions, seed)
    luthier = [sys.executable, "-m", "flows.cli"]
    return Rehearsal(folder, luthier, Bucket(str(folder / "storage")), strikes=strikes, sabotage=sabotage)


def _rehearsed(rehearsal: "Rehearsal") -> dict[str, Any]:
    from tasks.terminal import display

    rehearsal.validate()
    shown = display("rehearsal")
    try:
        shown.line("one run straight, one on the simulated cloud")
        with closing(rehearsal.interrupted(rehearsal.straight())) as events:
            return _followed(events, shown)
    finally:
        shown.close()


def _followed(events: "Iterable[Event]", shown: "Display") -> dict[str, Any]:
    for event in events:
        if event["kind"] == "finished":
            return event["result"]
        if event["kind"] == "line":
            shown.line(event["text"])
        else:
            shown.progress(event["done"], event["total"], "interruptions")
    raise AssertionError("a rehearsal ends with the event finished")


def _store(folder: Path, found: dict[str, Any]) -> None:
    from luthier.storage import write_json

    write_json(folder.with_suffix(".json"), found)


def _tell(found: dict[str, Any]) -> None:
    if found["interruptions"]:
        say("What was done to it, and what that cost:")
    for number, hit in enumerate(found["interruptions"], 1):
        say(f"  {number}. {hit['how']} in {hit['phase']}: {_cost(hit)}")
    say("What must hold:")
    for check in found["checks"]:
        say(f"  {'held' if check['held'] else 'DID NOT HOLD':<13} {check['name']}: {check['told']}")
    if found["straight_home"]:
        say(f"Both runs: {found['straight_home']}, {found['interrupted_home']}")
    again = "Something did not hold. The same command with --keep keeps both runs, to look at."
    say("Everything held." if found["held"] else again)


def _cost(hit: dict[str, Any]) -> str:
    lost, after = hit["lost_steps"], hit["resumed_after_s"]
    steps = "" if lost is None else f"{lost} steps done again, "
    return steps + (f"went on after {after} s" if after is not None else "the next one came before it went on")
