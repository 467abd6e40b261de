"""What `luthier retry` shows, asks and starts."""

import sys
from dataclasses import asdict
from typing import Any

import click

from flows.cli.common import print_json, say
from luthier.errors import LuthierError
from luthier.failures import record
from luthier.failures.words import headline, lines, shown
from luthier.retry import IN_PLACE, Retry
from luthier.run import Run
from luthier.run_folder import RunFolder


def show(retry: Retry) -> dict[str, Any]:
    """Cause, advice and difference for people; returns the same for programs."""
    say(f"{retry.run.run_id}: {headline(retry.failure)}")
    for word, text in lines(retry.failure):
        say(f"  {word:<8} {text}")
    say()
    for line in difference(retry):
        say(line)
    say()
    say(consequence(retry))
    failure = {name: retry.failure[name] for name in ("cause", "title", "explanation", "advice", "guide", "message")}
    change = [asdict(each) for each in retry.differences]
    new = {"new_run_id": retry.target.folder.run_id, "goes_on": retry.goes_on}
    return {"run_id": retry.run.run_id, **failure, "change": change, **new}


def blocked(run: RunFolder, error: LuthierError, as_json: bool) -> int:
    """Something else keeps the run from starting now."""
    found = record.blocked(run, error)
    say(f"luthier: {run.run_id} cannot be started now: {headline(found | {'attempt': None, 'stage': ''})}")
    for word, text in lines(found):
        say(f"  {word:<8} {text}")
    if as_json:
        told = {name: found[name] for name in ("cause", "title", "explanation", "advice", "guide", "message")}
        print_json({"run_id": run.run_id, **told, "change": [], "new_run_id": None, "started": False})
    return error.exit_code


def difference(retry: Retry) -> list[str]:
    """A small unified diff: the keys that change, with the reason."""
    if not retry.differences:
        return ["The spec stays as it is."]
    told = [f"--- {retry.run.run_id}, as it failed", f"+++ {retry.target.folder.run_id}"]
    for each in retry.differences:
        told += [f"-{each.key}: {shown(each.old)}"]
        told += [f"+{each.key}: {shown(each.new)}" + (f"   # {each.reason}" if each.reason else "")]
    return told


def consequence(retry: Retry) -> str:
    """What starting it would mean."""
    if not retry.goes_on:
        why = "these values decide its result" if retry.differences else "its data changed since"
        return f"This begins a new run, {retry.target.folder.run_id}: {why}. {retry.run.run_id} stays as it is."
    if any(each.key in IN_PLACE for each in retry.differences):
        return (
            "The same run goes on from its newest checkpoint. From there its numbers may differ in their last digits "
            "from those of an undisturbed run."
        )
    return "The same run goes on from where it was; what was finished is not done again."


def is_yes() -> bool:
    """Asked at a terminal; where there is none, what to do is told."""
    if not sys.stdin.isatty():
        say("luthier: nobody is there to be asked. Do what is said above, then start it with --yes.")
        return False
    return click.confirm("Start it?", default=False, err=True)


def started(run: Run, in_line: bool, told: dict[str, Any] | None) -> int:
    """Run it here, or put it in line; told: what to print as JSON, with how it ended."""
    if in_line:
        from flows.cli.submitted import submitted

        return submitted(run, None, None, False, told is not None)
    from flows.cli.foreground import finished
    from flows.cli.result import exit_code, show_result
    from luthier.storage import read_json

    done = finished(run.asked, run.settings, again=False)
    report = read_json(done.folder.report / "report.json")
    show_result(done, report)
    if told is not None:
        print_json(told | {"started": True, "verdict": report["verdict"]["label"]})
    return exit_code(report)
