from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from luthier.compute.pods.port import Quote
from luthier.errors import OverBudget, ProviderUnavailable
from luthier.estimate.budget import budget_warnings, over_budget
from luthier.estimate.estimate import Terms, estimate
from luthier.estimate.machine import rented_gpu
from luthier.estimate.prices import prices_of, quotes_today
from luthier.estimate.recommend import recommend
from luthier.estimate.words import as_json, lines
from luthier.spec import BudgetSpec, ComputeSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GPU = "NVIDIA L4"


class Quotes:
    """A provider that only quotes."""

    def __init__(self, *quotes: Quote):
        self.quotes = quotes

    def quote(self, gpu=None):
        if not self.quotes:
            raise ProviderUnavailable("RunPod does not answer")
        return self.quotes


def quoted(on_demand: float | None, spot: float | None) -> list[Quote]:
    return [Quote(GPU, 24, "SECURE", on_demand, spot, "high", 0.0)]


def found(work, on_demand=1.0, spot=0.5, policy="spot_then_on_demand", deadline=None, **compute):
    asked = prices_of(quoted(on_demand, spot), GPU, ComputeSpec(**compute))
    return estimate(work, rented_gpu(GPU), asked, Terms(policy, deadline=deadline, disk_gb=40))


def test_another_cloud_is_not_this_one():
    quotes, silence = quotes_today(Quotes(*quoted(1, 0.5)), None, "COMMUNITY")
    assert (quotes, silence) == ([], "")


def test_silence_is_no_price(work):
    quotes, silence = quotes_today(Quotes(), None, "SECURE")
    asked = prices_of(quotes, GPU, ComputeSpec(), silence)
    told = estimate(work, rented_gpu(GPU), asked, Terms("spot"))
    assert told.usd is None and told.seconds.low > 0
    assert over_budget(told, BudgetSpec(max_usd=0)) is None, "what is not known is not refused"
    assert "not known" in budget_warnings(told, BudgetSpec())[0]
    assert "does not answer" in "\n".join(lines(told, BudgetSpec(), NOW))
    assert as_json(told, BudgetSpec(), NOW)["usd"] is None


def test_a_price_above_the_limit_is_not_taken():
    asked = prices_of(quoted(1.0, 0.5), GPU, ComputeSpec(max_usd_per_hour=0.8))
    assert asked["on_demand"].usd_per_hour is None and "max_usd_per_hour" in asked["on_demand"].why_not
    spot = asked["spot"].usd_per_hour
    assert (spot.low, spot.high) == (0.5, 0.8), "the bid may be reached"


@pytest.mark.parametrize("policy", ["spot", "on_demand"])
def test_the_plan_is_what_the_policy_says(work, policy):
    told = found(work, policy=policy)
    assert told.usd == told.options[policy].usd and told.planned == (policy,)


def test_either_is_planned_for_where_both_may_be(work):
    told = found(work)
    spot, on_demand = told.options["spot"].usd, told.options["on_demand"].usd
    assert told.usd.low == spot.low and told.usd.high == max(spot.high, on_demand.high)
    assert found(work, spot=None).planned == ("on_demand",)


def test_advice_by_price(work):
    assert recommend(found(work), NOW).purchase == "spot"
    assert recommend(found(work, spot=0.98), NOW).purchase == "on_demand", "too little saved"
    assert recommend(found(work, spot=None), NOW).purchase == "on_demand"
    assert recommend(found(work, on_demand=None, spot=None), NOW).purchase is None


def test_advice_by_deadline(work):
    told = found(work)
    slow, quick = told.options["spot"].seconds.high, told.options["on_demand"].seconds.high
    for seconds, purchase, late in (
        (slow + 1, "spot", False),
        (slow - 1, "on_demand", False),
        (quick - 1, "on_demand", True),
    ):
        advice = recommend(found(work, deadline=NOW + timedelta(seconds=seconds)), NOW)
        assert (advice.purchase, advice.late) == (purchase, late)


def test_the_budget(work):
    told = found(work)
    low, high = told.usd.low, told.usd.high
    refusal = over_budget(told, BudgetSpec(max_usd=low * 0.99))
    assert isinstance(refusal, OverBudget) and refusal.exit_code == 6
    between = BudgetSpec(max_usd=(low + high) / 2)
    assert over_budget(told, between) is None and "may reach" in budget_warnings(told, between)[0]
    assert not budget_warnings(told, BudgetSpec(max_usd=high * 2))
    assert "warn_above" in budget_warnings(told, BudgetSpec(warn_above_usd=0))[0]
    here = replace(told, rented=False, options={"local": told.options["spot"]}, terms=Terms("local"))
    assert not budget_warnings(here, BudgetSpec(warn_above_usd=0))
