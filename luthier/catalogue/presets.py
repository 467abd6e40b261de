"""Which preset or recipe has gained most for its cost so far, and whether that can be told at all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from luthier.catalogue.reading import all_runs
from luthier.catalogue.row import Row
from luthier.catalogue.tally import ENOUGH, Tally, counted, tally
from luthier.settings import Settings
from luthier.spec import RunSpec

Key = Literal["preset", "recipe"]


class Best(NamedTuple):
    """name: None where it cannot be told. unit: usd or hour, by which the median changes were divided."""

    name: str | None
    unit: str
    why: str


def grouped(rows: Iterable[Row], key: Key) -> list[Tally]:
    """One a preset or recipe that was used, the one with the most runs first."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in counted(rows):
        if name := getattr(row, key):
            groups[name].append(row)
    tallies = (tally(name, of_one) for name, of_one in groups.items())
    return sorted(tallies, key=lambda one: (-one.runs, one.name))


def best(tallies: Sequence[Tally]) -> Best:
    """By change per dollar where all that can be compared cost dollars, else by change per hour."""
    known = [one for one in tallies if one.enough and one.per_hour is not None]
    unit = "usd" if known and all(one.per_usd is not None for one in known) else "hour"
    if not known:
        return Best(None, unit, f"too few to tell: none has {ENOUGH} completed runs")
    if len(known) == 1:
        return Best(None, unit, f"too few to tell: only {known[0].name} has {ENOUGH} completed runs")
    first, second, *_ = sorted(known, key=lambda one: _gain(one, unit), reverse=True)
    if _gain(first, unit) <= 0:
        return Best(None, unit, "none has gained anything")
    return Best(first.name, unit, _how_sure(first, second))


def so_far(settings: Settings, spec: RunSpec) -> list[str]:
    """How runs with the spec's preset, and of its recipe, have gone in this home; nothing where there were none."""
    rows = all_runs(settings)
    wanted: tuple[tuple[Key, str, str], ...] = (
        ("preset", spec.training.preset, f"runs with {spec.training.preset}"),
        ("recipe", spec.recipe, f"runs of the recipe {spec.recipe}"),
    )
    found = ((what, next((one for one in grouped(rows, key) if one.name == name), None)) for key, name, what in wanted)
    return [_said(what, one) for what, one in found if one and one.completed.of]


def _said(what: str, one: Tally) -> str:
    few = "" if one.completed.of >= ENOUGH else " (too few to tell)"
    done, improved = one.completed, one.improved
    return f"So far in this home: {done.count} of {done.of} {what} completed, {improved.count} improved{few}."


def _gain(one: Tally, unit: str) -> float:
    return (one.per_usd if unit == "usd" else one.per_hour) or 0.0


def _how_sure(first: Tally, second: Tally) -> str:
    """Whether its share of improved runs lies above the next one's by more than chance may do."""
    above = (first.improved.low or 0) > (second.improved.high or 0)
    return (
        "and it improved more of its runs" if above else f"but it may be chance: {second.name} improved about as often"
    )
