"""luthier approve RUN"""

import getpass
import sys
from typing import TYPE_CHECKING

import click

from flows.cli.common import command, print_json, say

if TYPE_CHECKING:
    from luthier.run import Run


@command
@click.argument("run")
@click.option("--reject", is_flag=True, help="Say no instead.")
def approve(run: str, reject: bool, as_json: bool) -> int:
    """Approve (or reject) the data of RUN, whose spec has data.approve: true. Who and when is kept."""
    from luthier.approval import decide
    from luthier.run import find_run
    from luthier.settings import Settings

    folder = find_run(Settings(), run)
    record = decide(folder, not reject, getpass.getuser())
    say(f"{folder.run_id}: data {'rejected' if reject else 'approved'} by {record['by']}.")
    if as_json:
        print_json({"run_id": folder.run_id, **record})
    return 0


def ask_at_terminal(run: "Run") -> None:
    """Show where the data page is and ask, where there is a terminal and nobody has decided yet."""
    from luthier.approval import decide, decision

    if not run.spec.data.approve or decision(run.folder) or not sys.stdin.isatty():
        return
    say(f"Data page: {run.folder.page}")
    answer = click.prompt("Is the data fit to train on?", type=click.Choice(["yes", "no", "later"]), err=True)
    if answer != "later":
        decide(run.folder, answer == "yes", getpass.getuser())
