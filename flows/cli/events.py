"""luthier events RUN"""

import sys
import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click
import orjson

from flows.cli.common import command, print_json, say
from flows.cli.times import When

if TYPE_CHECKING:
    from luthier.catalogue.log import LogReader, Wanted
    from luthier.events import Event
    from luthier.run_folder import RunFolder

LOOK_EVERY_S = 0.5


@command
@click.argument("run")
@click.option("--kind", "kinds", multiple=True, help="Only this kind: stage, checkpoint, metrics, …; repeat for more.")
@click.option("--stage", help="What happened during this stage.")
@click.option("--attempt", type=int, help="Of this attempt's worker.")
@click.option("--since", type=When(), help="Then or later: 2026-11-25T14:00, 2h, 30m.")
@click.option("--until", type=When(end=True), help="Before then; a date: until its end.")
@click.option("--search", default="", help="Text in any field.")
@click.option("--tail", type=click.IntRange(1), help="The last so many.")
@click.option("--follow", is_flag=True, help="Go on until the run stands still.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def events(
    run: str,
    kinds: tuple[str, ...],
    stage: str | None,
    attempt: int | None,
    since: datetime | None,
    until: datetime | None,
    search: str,
    tail: int | None,
    follow: bool,
    jsonl: bool,
    as_json: bool,
) -> int:
    """The event log of RUN, the oldest first, in local time.

    People are not shown metrics and progress unless they ask for that kind; JSON holds all.
    """
    from flows.cli.event_words import QUIET
    from luthier.catalogue.log import LogReader, Wanted
    from luthier.errors import SpecError
    from luthier.run import find_run
    from luthier.settings import Settings

    if follow and as_json:
        raise SpecError("a log that goes on is no JSON document", "", "Use --jsonl with --follow.", "--json")
    folder = find_run(Settings(), run)
    log = LogReader(folder.events)
    there = list(log.new())
    _check(kinds, stage, there)
    hidden = frozenset() if as_json or jsonl else QUIET
    wanted = Wanted(frozenset(kinds), hidden, stage or "", attempt, since, until, search)
    found = deque((event for event in there if wanted.takes(event)), tail)
    _print(found, as_json, jsonl)
    if follow:
        _follow(folder, log, wanted, jsonl)
    elif not found:
        say(f"None of {len(there)} events fits." if there else "Nothing has happened yet.")
    if log.unreadable:
        say(f"{log.unreadable} lines of {folder.events} cannot be read and were passed over.")
    return 0


def _check(kinds: Iterable[str], stage: str | None, there: list["Event"]) -> None:
    """Raises NotFound for a kind or a stage that there is not."""
    from flows.cli.event_words import WORDS
    from luthier.errors import NotFound
    from luthier.stages import STAGES

    known = sorted({*WORDS, *(event["kind"] for event in there)})
    for kind in kinds:
        if kind not in known:
            raise NotFound(f"there is no kind of event {kind}", "", f"Known: {', '.join(known)}.", "--kind")
    if stage is not None and stage not in STAGES:
        raise NotFound(f"there is no stage {stage}", "", f"Known: {', '.join(STAGES)}.", "--stage")


def _print(found: Iterable["Event"], as_json: bool, jsonl: bool) -> None:
    from flows.cli.event_words import line

    if as_json:
        print_json(list(found))
        return
    for event in found:
        print(orjson.dumps(event).decode() if jsonl else line(event))
    sys.stdout.flush()


def _follow(run: "RunFolder", log: "LogReader", wanted: "Wanted", jsonl: bool) -> None:
    """Until nobody works on it; what was written before that was seen is still read."""
    working = True
    while working:
        time.sleep(LOOK_EVERY_S)
        working = run.is_held()
        _print((event for event in log.new() if wanted.takes(event)), False, jsonl)
