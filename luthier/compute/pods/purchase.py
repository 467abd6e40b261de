"""Spot or on-demand: which kind of pod is asked for next, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from luthier.compute.pods.port import Purchase, Quote
from luthier.errors import PodCapacity
from luthier.spec import ComputeSpec

WORDS: dict[Purchase, str] = {"spot": "spot", "on_demand": "on-demand"}

PRICE_SLACK = 1.1
"""Where no limit is set, a pod may cost so much more than was quoted: its disk, and prices that moved meanwhile."""

EVICTION_HOURS = 1.0
"""What one eviction may cost in time: a new pod, its image, and the work since the last checkpoint."""


@dataclass(frozen=True)
class Choice:
    """usd_per_hour: what is asked today, the bid for a spot pod; limit_usd: a pod that costs more is given back."""

    purchase: Purchase
    usd_per_hour: float
    limit_usd: float
    reason: str


def choose(
    compute: ComputeSpec,
    quote: Quote,
    refused: Mapping[Purchase, str],
    *,
    evictions: int,
    hours_needed: float,
    now: datetime,
) -> Choice:
    """The next kind to ask for. `refused`: kinds that were asked for in vain, and why; evictions: of spot pods so far.

    Raises PodCapacity when no kind is left, or what is left costs more than compute.max_usd_per_hour.
    """
    wanted, reason = _order(compute, quote, evictions, hours_needed, now)
    passed: list[str] = []
    for purchase in wanted:
        price = _price(quote, purchase)
        obstacle = refused.get(purchase) or _obstacle(compute, price)
        if price is not None and not obstacle:
            limit = compute.max_usd_per_hour or price * PRICE_SLACK
            return Choice(purchase, price, limit, _told(passed or reason, purchase, price))
        passed.append(f"{WORDS[purchase]}: {obstacle}")
    raise PodCapacity(
        f"no {quote.gpu} can be rented now",
        "; ".join(passed),
        "It is tried again. Another compute.gpu, compute.purchase or compute.max_usd_per_hour may be quicker.",
    )


def _order(
    compute: ComputeSpec, quote: Quote, evictions: int, hours_needed: float, now: datetime
) -> tuple[list[Purchase], list[str]]:
    """The kinds that may be asked for, the one preferred first, and why it is preferred."""
    if compute.purchase != "spot_then_on_demand":
        return [compute.purchase], []
    if evictions >= compute.evictions_before_on_demand:
        return ["on_demand", "spot"], [f"spot pods were taken away {evictions} times"]
    if compute.deadline and now + timedelta(hours=hours_needed + EVICTION_HOURS) > compute.deadline:
        return ["on_demand", "spot"], ["no time is left for an eviction before compute.deadline"]
    if quote.spot_usd and quote.on_demand_usd and quote.spot_usd >= quote.on_demand_usd:
        return ["on_demand", "spot"], [f"spot would cost ${quote.spot_usd:.2f} an hour, and saves nothing"]
    return ["spot", "on_demand"], []


def _price(quote: Quote, purchase: Purchase) -> float | None:
    return quote.spot_usd if purchase == "spot" else quote.on_demand_usd


def _obstacle(compute: ComputeSpec, price: float | None) -> str:
    """Why a kind need not be asked for at all; empty where it may be."""
    if price is None:
        return "not offered"
    if compute.max_usd_per_hour is not None and price > compute.max_usd_per_hour:
        return f"${price:.2f} an hour is above compute.max_usd_per_hour {compute.max_usd_per_hour:g}"
    return ""


def _told(because: list[str], purchase: Purchase, price: float) -> str:
    return "; ".join([*because, f"{WORDS[purchase]} at ${price:.2f} an hour"])
