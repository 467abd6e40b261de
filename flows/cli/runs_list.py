"""luthier runs list"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from flows.cli.common import command, print_json, say
from flows.cli.tables import print_csv, print_table
from flows.cli.times import When, local

if TYPE_CHECKING:
    from luthier.catalogue.row import Row

HEADS = ("run", "status", "verdict", "change", "cost", "preset", "creator", "changed")
CHOICES = {
    "project": "Client or team.",
    "creator": "Who asked for it first.",
    "status": "running, waiting, completed, failed, cancelled, crashed, …",
    "verdict": "improved, not_shown or worse.",
    "preset": "Preset of its training.",
    "recipe": "Recipe or template it was made from.",
    "base": "Base model, as the spec names it.",
}


def chosen_by(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which runs are chosen; each may be given several times."""
    for key, text in reversed(CHOICES.items()):
        function = click.option(f"--{key}", multiple=True, help=text)(function)
    return function


@command
@chosen_by
@click.option("--since", type=When(), help="Created then or later: 2026-11-25, 7d, 12h.")
@click.option("--until", type=When(end=True), help="Created before; a date: until its end.")
@click.option("--min-change", type=float, help="The primary metric rose at least so much: 0.02.")
@click.option("--max-usd", type=float, help="It cost at most so many dollars.")
@click.option("--search", default="", help="Text in names, notes or the spec.")
@click.option("--sort", default="changed:desc", show_default=True, help="A field of --json; :desc turns it round.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="Also those that were only checked.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every field as CSV.")
def list_runs(
    since: datetime | None,
    until: datetime | None,
    min_change: float | None,
    max_usd: float | None,
    search: str,
    sort: str,
    limit: int | None,
    everything: bool,
    as_csv: bool,
    as_json: bool,
    **among: tuple[str, ...],
) -> int:
    """The runs of this home that somebody started, the one that changed last first."""
    from luthier.catalogue.filters import Wanted, check_known, ordered, searched
    from luthier.catalogue.reading import all_runs
    from luthier.catalogue.row import Row
    from luthier.settings import Settings

    settings = Settings()
    rows = all_runs(settings)
    key, descending = _order(sort)
    if rows:
        check_known(rows, among)
    wanted = Wanted(among, since, until, min_change, max_usd, everything)
    found = [row for row in rows if wanted.takes(row)]
    found = searched(found, search, settings) if search else found
    found = ordered(found, key, descending)[:limit]
    if as_json or as_csv:
        plain = [row.model_dump(mode="json") for row in found]
        print_json(plain) if as_json else print_csv(plain, list(Row.model_fields))
        return 0
    if found:
        print_table(HEADS, map(_cells, found), right=frozenset({3, 4}))
    _say_what_is_missing(rows, found, everything)
    return 0


def _order(sort: str) -> tuple[str, bool]:
    """Raises SpecError for a field that no row has."""
    from luthier.catalogue.row import Row
    from luthier.errors import SpecError

    key, _, direction = sort.partition(":")
    if key not in Row.model_fields or direction not in ("", "asc", "desc"):
        fix = f"Write KEY or KEY:desc, with one of {', '.join(Row.model_fields)}."
        raise SpecError(f"cannot sort by {sort}", "", fix, "--sort")
    return key, direction == "desc"


def _cells(row: "Row") -> tuple[str, ...]:
    change = "" if row.change is None else f"{row.change:+.3f}"
    paid = "" if row.usd is None else f"${row.usd:,.2f}"
    verdict = (row.verdict or "").replace("_", " ")
    when = local(row.changed)[:10]
    return (row.run_id, row.status, verdict, change, paid, row.preset, row.creator[:10], when)


def _say_what_is_missing(rows: list["Row"], found: list["Row"], everything: bool) -> None:
    if not rows:
        say("No runs yet. Start one: luthier demo")
    elif not found:
        say(f"None of {len(rows)} runs fits. Fewer conditions find more; luthier runs list --all shows every one.")
    elif not everything and (checked := sum(not row.started for row in rows)):
        say(f"Only checked, not started: {checked}. --all shows them too.")
