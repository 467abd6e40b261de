"""luthier runs trends | presets"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import click

from flows.cli.common import command, print_json, say
from flows.cli.tables import print_csv, print_table

if TYPE_CHECKING:
    from luthier.catalogue.tally import Share, Tally

RIGHT = frozenset({1, 4, 5, 6, 7})
FOOTNOTE = "completed: of those that have ended; improved: of those that completed; in brackets the 95 % interval."


@command
@click.option("--by", type=click.Choice(["week", "month"]), default="week", show_default=True)
@click.option("--csv", "as_csv", is_flag=True, help="Print every figure as CSV.")
def trends(by: Literal["week", "month"], as_csv: bool, as_json: bool) -> int:
    """How the runs of this home went over time: how many, how well, for how much."""
    from luthier.catalogue.reading import all_runs
    from luthier.catalogue.trends import trends as trends_of
    from luthier.settings import Settings

    tallies = trends_of(all_runs(Settings()), by)
    if as_json or as_csv:
        _print(tallies, as_json)
        return 0
    heads = (by, "runs", "completed", "improved", "median change", "dollars", "hours")
    print_table(heads, [(*_cells(one), f"{one.usd:,.2f}", f"{one.hours:.1f}") for one in tallies], RIGHT)
    _say_more(tallies)
    return 0


@command
@click.option("--csv", "as_csv", is_flag=True, help="Print every figure as CSV.")
def presets(as_csv: bool, as_json: bool) -> int:
    """What each preset and recipe has gained so far in this home, and what for."""
    from luthier.catalogue.presets import best, grouped
    from luthier.catalogue.reading import all_runs
    from luthier.settings import Settings

    rows = all_runs(Settings())
    by_preset, by_recipe = grouped(rows, "preset"), grouped(rows, "recipe")
    both = {"preset": by_preset, "recipe": by_recipe}
    if as_csv:
        _print([*by_preset, *by_recipe], False, ["preset"] * len(by_preset) + ["recipe"] * len(by_recipe))
        return 0
    if as_json:
        dumped = {key: [one.model_dump() for one in tallies] for key, tallies in both.items()}
        print_json(dumped | {f"best_{key}": best(tallies)._asdict() for key, tallies in both.items()})
        return 0
    for key, tallies in both.items():
        if tallies:
            heads = (key, "runs", "completed", "improved", "median change", "median $", "median h", "change for it")
            print_table(heads, [(*_cells(one), *_cost(one)) for one in tallies], RIGHT)
            say(_verdict(key, best(tallies)))
    _say_more(by_preset)
    return 0


def _cells(one: "Tally") -> tuple[str, ...]:
    change = "" if one.median_change is None else f"{one.median_change:+.3f}"
    return one.name, str(one.runs), _share(one.completed), _share(one.improved), change


def _share(share: "Share") -> str:
    from luthier.catalogue.tally import ENOUGH

    if share.share is None or share.low is None or share.high is None:
        return "-"
    if share.of < ENOUGH:
        return f"{share.count} of {share.of} (few)"
    return f"{share.count} of {share.of} ({100 * share.low:.0f}-{100 * share.high:.0f} %)"


def _cost(one: "Tally") -> tuple[str, str, str]:
    usd = "" if one.median_usd is None else f"{one.median_usd:,.2f}"
    hours = "" if one.median_hours is None else f"{one.median_hours:.2f}"
    if one.per_usd is not None:
        return usd, hours, f"{one.per_usd:+.3f}/$"
    return usd, hours, "" if one.per_hour is None else f"{one.per_hour:+.3f}/h"


def _verdict(key: str, found: Any) -> str:
    if found.name is None:
        return f"Best {key} for its cost: {found.why}."
    per = "dollar" if found.unit == "usd" else "hour"
    return f"Best {key} for its cost so far: {found.name}, by change per {per}, {found.why}."


def _say_more(tallies: Sequence["Tally"]) -> None:
    if not tallies:
        say("No runs yet that somebody started. Start one: luthier demo")
        return
    say(f"{FOOTNOTE} (few): too few to tell. Runs differ in their data too: this is no experiment.")


def _print(tallies: Sequence["Tally"], as_json: bool, kinds: Sequence[str] = ()) -> None:
    if as_json:
        print_json([one.model_dump() for one in tallies])
        return
    from luthier.catalogue.tally import Share, Tally

    named = zip(tallies, kinds or [""] * len(tallies), strict=True)
    flat = [{"kind": kind} | _flat(one.model_dump()) for one, kind in named]
    columns = [
        f"{name}_{part}" if field.annotation is Share else name
        for name, field in Tally.model_fields.items()
        for part in (Share.model_fields if field.annotation is Share else ("",))
    ]
    print_csv(flat, [*(["kind"] if kinds else []), *columns])


def _flat(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in one.items():
        found |= {f"{name}_{part}": each for part, each in value.items()} if isinstance(value, dict) else {name: value}
    return found
