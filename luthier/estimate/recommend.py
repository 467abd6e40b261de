"""Spot or on demand: what to take, by price and by urgency, in words."""

from datetime import datetime
from typing import NamedTuple

from luthier.estimate.estimate import Estimate

WORTH_IT = 0.15
"""Share of the price that spot must save; less is not worth waiting and starting again for."""


class Advice(NamedTuple):
    """purchase: `spot`, `on_demand`, or None where neither price is known. late: not even on demand is sure in time."""

    purchase: str | None
    why: str
    late: bool = False


def recommend(found: Estimate, now: datetime) -> Advice:
    """By `compute.deadline`, else by price. `found` is of a rented run; `now` has a time zone."""
    spot, on_demand = found.options["spot"], found.options["on_demand"]
    deadline = found.terms.deadline
    left = (deadline - now).total_seconds() if deadline else None
    if left is not None and on_demand.seconds.high > left:
        why = "The deadline may be missed even on demand: take a faster GPU, or less work."
        return Advice("on_demand", why, late=True)
    if left is not None and spot.seconds.high > left:
        return Advice("on_demand", "Spot machines that are taken away could make it miss the deadline.")
    if spot.usd is None or on_demand.usd is None:
        only = "spot" if spot.usd else "on_demand" if on_demand.usd else None
        return Advice(only, "It is the only one with a price today." if only else "No price is known today.")
    saved = 1 - spot.usd.likely / on_demand.usd.likely if on_demand.usd.likely else 0.0
    if saved < WORTH_IT:
        return Advice("on_demand", f"Spot would save {max(saved, 0):.0%}, too little for machines that may vanish.")
    return Advice("spot", f"It likely saves {saved:.0%}, and nothing says that it has to be done sooner.")


TRADE_OFF = (
    "A spot machine costs less and may be taken away at any time; the run then goes on from its last checkpoint on "
    "another, which takes longer. An on-demand machine stays, unless its host fails."
)
