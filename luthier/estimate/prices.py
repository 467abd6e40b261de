"""What the machines cost today."""

from collections.abc import Sequence
from dataclasses import dataclass

from luthier.compute.pods.port import PodProvider, Purchase, Quote
from luthier.errors import ProviderRefused, ProviderUnavailable
from luthier.estimate.ranges import Range
from luthier.spec import ComputeSpec


@dataclass(frozen=True)
class Price:
    """Dollars an hour; None with the reason where it is not known, or too high for the spec."""

    usd_per_hour: Range | None
    why_not: str = ""


Prices = dict[Purchase, Price]


def quotes_today(provider: PodProvider, gpu: str | None, cloud: str) -> tuple[list[Quote], str]:
    """The quotes of one cloud, and why there are none: an estimate in hours does not need them."""
    try:
        return [quote for quote in provider.quote(gpu) if quote.cloud == cloud], ""
    except (ProviderUnavailable, ProviderRefused) as error:
        return [], str(error)


def prices_of(quotes: Sequence[Quote], gpu: str, compute: ComputeSpec, silence: str = "") -> Prices:
    """What a pod with this GPU costs by either purchase. A spot pod may come to cost the bid.

    silence: why there are no quotes, empty where there are.
    """
    if silence:
        unknown = Price(None, f"price not known: {silence}")
        return {"spot": unknown, "on_demand": unknown}
    quote = next((each for each in quotes if each.gpu == gpu), None)
    cap = compute.max_usd_per_hour
    return {
        "spot": _price(quote.spot_usd if quote else None, cap, may_rise=True),
        "on_demand": _price(quote.on_demand_usd if quote else None, cap, may_rise=False),
    }


def _price(asked: float | None, cap: float | None, may_rise: bool) -> Price:
    if asked is None:
        return Price(None, "not offered today")
    if cap is not None and asked > cap:
        return Price(None, f"${asked:.2f} an hour is above compute.max_usd_per_hour")
    return Price(Range(asked, asked, cap if may_rise and cap else asked))
