"""luthier approve RUN"""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from flows.cli.common import command, print_json, say

if TYPE_CHECKING:
    from luthier.approval_record import About
    from luthier.run import Run
    from luthier.run_folder import RunFolder


@command
@click.argument("run")
@click.option("--data", "about", flag_value="data", default=None, help="Only the data; else whatever waits.")
@click.option("--cost", "about", flag_value="cost", help="Only the cost; it can be approved before the run is started.")
@click.option("--cap", type=click.FloatRange(0, min_open=True), help="USD that it may cost; else the estimate's most.")
@click.option("--reject", is_flag=True, help="Say no instead.")
@click.option("--note", default="", help="Why; kept with the decision.")
@click.option("--as", "name", help="Your name; else that of the account.")
def approve(
    run: str, about: "About | None", cap: float | None, reject: bool, note: str, name: str | None, as_json: bool
) -> int:
    """Approve (or reject) the data or the cost of RUN. A run that waits for it in Prefect goes on by itself.

    The last word counts; all are kept, with who and when. Exit codes: 0 it is on record, 2 there is nothing to approve.
    """
    from luthier.approval import decide
    from luthier.run import find_run
    from luthier.settings import Settings
    from luthier.status import account

    settings = Settings()
    folder = find_run(settings, run)
    words = [
        decide(folder, each, not reject, name or account(), note, cap if each == "cost" else None)
        for each in _matters(folder, about, cap)
    ]
    for word in words:
        say(f"{folder.run_id}: {_told(word)}.")
    resumed = _go_on(folder, settings)
    say(resumed or f"Not resumed in Prefect. Started again, it {'stays ended' if reject else 'goes on'}.")
    if as_json:
        print_json({"run_id": folder.run_id, **words[-1], "words": words, "resumed": bool(resumed)})
    return 0


def _matters(run: "RunFolder", about: "About | None", cap: float | None) -> "list[About]":
    """What was named, else all that waits, else what was answered last: somebody has changed his mind."""
    from luthier.approval import open_questions
    from luthier.approval_record import read
    from luthier.errors import NotFound

    if about or cap is not None:
        return [about or "cost"]
    found = open_questions(run) or [word["about"] for word in read(run)["words"][-1:]]
    if not found:
        raise NotFound(f"nothing of {run.run_id} waits for approval", "", "Name it in advance: --data or --cost.")
    return found


def _told(word: dict[str, Any]) -> str:
    done = "approved" if word["approved"] else "rejected"
    cap = f", up to ${word['cap_usd']:,.2f}" if word["about"] == "cost" and word["approved"] else ""
    return f"{word['about']} {done} by {word['by']}{cap}"


def _go_on(run: "RunFolder", settings: Any) -> str:
    """Resume the flow run that waits with a form; what was done, empty where none could be resumed."""
    from luthier.approval_record import last, read

    form = read(run)["form"]
    word = last(run, form["about"]) if form else None
    if form is None or word is None:
        return ""
    from flows.server import environment

    os.environ.update(environment(settings))  # before Prefect is imported
    from flows.resumption import resume

    return resume(run, settings, form["flow_run"], word)


def ask_at_terminal(run: "RunFolder") -> bool:
    """Show what waits for a person and ask, where there is a terminal. Whether somebody has answered."""
    from luthier.approval import budget_of, decide, suggested_cap
    from luthier.approval_record import read
    from luthier.status import account

    asked = read(run)["asked"]
    if asked is None or not sys.stdin.isatty():
        return False
    say(f"Data page: {run.page}" if asked["about"] == "data" else "\n".join(asked["lines"]))
    question = {"data": "Is the data fit to train on?", "cost": "May it cost so much?"}[asked["about"]]
    answer = click.prompt(question, type=click.Choice(["yes", "no", "later"]), err=True)
    if answer == "later":
        return False
    cap = None
    if asked["about"] == "cost" and answer == "yes":
        most = suggested_cap(asked["usd"], budget_of(run))
        cap = click.prompt("At most, in USD", default=most, type=click.FloatRange(0, min_open=True), err=True)
    decide(run, asked["about"], answer == "yes", account(), cap_usd=cap)
    return True


def approved_data(run: "Run") -> None:
    """Ask at a terminal before a part of the data is used. Raises WaitsForApproval, DataRejected."""
    from luthier.approval import check_data
    from luthier.errors import WaitsForApproval

    try:
        check_data(run)
    except WaitsForApproval:
        if not ask_at_terminal(run.folder):
            raise
        check_data(run)
