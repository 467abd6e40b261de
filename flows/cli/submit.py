"""luthier submit SPEC"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.common import command, say

if TYPE_CHECKING:
    pass


@command
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key: training.epochs=1.")
@click.option("--again", is_flag=True, help="Start another run; an unfinished one that --again began continues.")
@click.option("--queue", help="A work queue of the pool; else gpu, or for rented machines default.")
@click.option("--at", "when", metavar="TIME", help="Not before: 22:00, or 2026-12-01T22:00; local time.")
@click.option("--wait", is_flag=True, help="Follow it to its end, and exit as `luthier run` does.")
@click.option("--every", metavar="CRON", help="Schedule it instead: whenever its data changed. '0 2 * * *', in UTC.")
def submit(
    spec: Path,
    overrides: tuple[str, ...],
    again: bool,
    queue: str | None,
    when: str | None,
    wait: bool,
    every: str | None,
    as_json: bool,
) -> int:
    """Check SPEC and its data, and put its run in line on the Prefect server that is up; a worker carries it out.

    Exit codes: 0 in line (or there already), 2 bad spec or data, 6 over budget, 7 no server; those of `luthier run`
    when the run is complete, and with --wait.
    """
    from flows.cli.foreground import show
    from flows.cli.submitted import schedule, submitted
    from luthier.run import open_run
    from luthier.settings import Settings
    from luthier.spec_file import load_spec

    if every and (overrides or again or queue or when or wait):
        raise click.UsageError("--every reads the spec anew each time; the other options belong to one run.")
    at = moment(when, datetime.now().astimezone()) if when else None
    settings = Settings()
    asked = load_spec(spec, list(overrides))
    if every:
        return schedule(asked, spec.absolute(), every, settings, as_json)
    run = open_run(asked, settings, again)
    if run.completed("report"):
        say(f"{run.folder.run_id} is complete; --again starts another one.")
        return show(run, as_json)
    return submitted(run, queue, at, wait, as_json)


def moment(text: str, now: datetime) -> datetime:
    """A time of day is the next one; a date without a zone is local. Raises SpecError."""
    from luthier.errors import SpecError

    try:
        at = datetime.combine(now, datetime.strptime(text, "%H:%M").time(), now.tzinfo)
        return at if at > now else at + timedelta(days=1)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise SpecError(f"cannot read the time {text}", "", "Write 22:00 or 2026-12-01T22:00.", "--at") from None
    if at <= now:
        raise SpecError(f"{at:%Y-%m-%d %H:%M} is over", "", "Leave --at out to start at once.", "--at")
    return at
