"""The estimate in lines for people."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from luthier.estimate.budget import budget_warnings, over_budget
from luthier.estimate.estimate import Estimate, Option
from luthier.estimate.memory import words as memory
from luthier.estimate.ranges import Range
from luthier.estimate.recommend import TRADE_OFF, recommend
from luthier.spec import BudgetSpec

NAMES = {"local": "here", "spot": "spot", "on_demand": "on demand"}
WIDTH = 28
Unit = tuple[int, str]
UNITS: tuple[Unit, ...] = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def lines(found: Estimate, budget: BudgetSpec, now: datetime) -> Iterator[str]:
    """A table of the options, where its speeds come from, what to take, and what the budget says."""
    work = found.work
    yield f"{found.machine}: {work.steps:,} steps, {work.tokens:,.0f} tokens"
    yield from _table(found)
    yield f"  Speeds: {_basis(found.basis)}."
    if found.memory:
        yield from memory.lines(found.memory)
    if found.rented:
        yield f"  {TRADE_OFF}"
        advice = recommend(found, now)
        taken = f"Recommended: {NAMES[advice.purchase]}. " if advice.purchase else ""
        yield f"  {taken}{advice.why}"
    if refusal := over_budget(found, budget):
        yield f"  over budget: {refusal}"
    for warning in budget_warnings(found, budget):
        yield f"  warning: {warning}"


def as_json(found: Estimate, budget: BudgetSpec, now: datetime) -> dict[str, Any]:
    """The same for programs: `steps`, and the likely `seconds` and `usd` of the plan, first; null where not known."""
    refusal = over_budget(found, budget)
    warning = memory.memory_warning(found.memory) if found.memory else ""
    return {
        "steps": found.work.steps,
        "seconds": round(found.seconds.likely, 1),
        "usd": round(found.usd.likely, 2) if found.usd else None,
        "range": {"seconds": asdict(found.seconds), "usd": found.usd and asdict(found.usd)},
        "machine": found.machine,
        "basis": found.basis,
        "planned": found.planned,
        "options": {name: asdict(option) for name, option in found.options.items()},
        "recommended": recommend(found, now)._asdict() if found.rented else None,
        "over_budget": str(refusal) if refusal else None,
        "memory": memory.as_json(found.memory) if found.memory else None,
        "warnings": [*([warning] if warning else []), *budget_warnings(found, budget)],
    }


def unit_of(seconds: Range) -> Unit:
    """The largest unit of which the likely time is at least one."""
    return next((unit for unit in UNITS if seconds.likely >= unit[0]), UNITS[-1])


def span(seconds: Range, in_unit: Unit) -> str:
    """Time from low to high, with the likely one."""
    unit, name = in_unit
    low, likely, high = (_number(value / unit) for value in (seconds.low, seconds.likely, seconds.high))
    return f"{low}-{high} {name}, likely {likely}"


def money(usd: Range | None) -> str:
    if usd is None:
        return "no price"
    return f"${usd.low:,.2f}-{usd.high:,.2f}, likely {usd.likely:,.2f}"


def _table(found: Estimate) -> Iterator[str]:
    options = found.options
    unit = unit_of(found.seconds)
    yield _row("", [NAMES[name] for name in options])
    for of_each in zip(*(option.lines for option in options.values()), strict=True):
        yield _row(of_each[0].name, [span(line.seconds, unit) for line in of_each])
    yield _row("in all", [span(option.seconds, unit) for option in options.values()])
    if found.rented:
        yield _row("costs", [money(option.usd) for option in options.values()])
        yield from _without_price(options)


def _without_price(options: dict[str, Option]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for name, option in options.items():
        by_reason.setdefault(option.price.why_not, []).append(NAMES[name])
    for reason, names in by_reason.items():
        if reason:
            yield f"  {' and '.join(names)}: {reason}"


def _row(name: str, cells: list[str]) -> str:
    return f"  {name:<14}" + "".join(f"{cell:<{WIDTH}}" for cell in cells).rstrip()


def _basis(basis: dict[str, str]) -> str:
    """Where the speeds come from, parts of one source together."""
    by_source: dict[str, list[str]] = {}
    for part, source in basis.items():
        by_source.setdefault(source, []).append(part.replace("_", " "))
    return "; ".join(f"{', '.join(parts)} {source}" for source, parts in by_source.items())


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
