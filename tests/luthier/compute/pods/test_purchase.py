from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.compute.pods.port import Quote
from luthier.compute.pods.purchase import choose
from luthier.errors import PodCapacity
from luthier.spec import ComputeSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICES = st.one_of(st.none(), st.floats(0.01, 50))


def quote(on_demand=0.69, spot=0.24):
    return Quote("NVIDIA GeForce RTX 4090", 24, "SECURE", on_demand, spot, "high", 0.0)


def choice(compute=None, offer=None, refused=None, evictions=0, hours=2.0):
    compute = compute or ComputeSpec(provider="runpod")
    return choose(compute, offer or quote(), refused or {}, evictions=evictions, hours_needed=hours, now=NOW)


def test_spot_first_then_on_demand_with_the_reason():
    assert choice().purchase == "spot" and choice().reason == "spot at $0.24 an hour"
    second = choice(refused={"spot": "none free at $0.24 an hour"})
    assert second.purchase == "on_demand"
    assert second.reason == "spot: none free at $0.24 an hour; on-demand at $0.69 an hour"


@pytest.mark.parametrize(("evictions", "purchase"), [(2, "spot"), (3, "on_demand"), (9, "on_demand")])
def test_enough_evictions_are_enough(evictions, purchase):
    assert choice(evictions=evictions).purchase == purchase


@pytest.mark.parametrize(
    ("hours_left", "purchase"), [(10.0, "spot"), (3.1, "spot"), (2.9, "on_demand"), (-1, "on_demand")]
)
def test_before_the_deadline_nothing_is_risked(hours_left, purchase):
    compute = ComputeSpec(provider="runpod", deadline=NOW + timedelta(hours=hours_left))
    assert choice(compute, hours=2.0).purchase == purchase


def test_spot_that_saves_nothing_is_not_taken():
    assert choice(offer=quote(spot=0.69)).purchase == "on_demand"


def test_where_on_demand_is_preferred_and_sold_out_spot_will_do():
    chosen = choice(refused={"on_demand": "none free"}, evictions=5)
    assert chosen.purchase == "spot" and "on-demand: none free" in chosen.reason


@pytest.mark.parametrize("only", ["spot", "on_demand"])
def test_one_kind_means_one_kind(only):
    compute = ComputeSpec(provider="runpod", purchase=only)
    assert choice(compute, evictions=99).purchase == only
    with pytest.raises(PodCapacity, match="none free"):
        choice(compute, refused={only: "none free"})


def test_what_costs_too_much_says_so():
    compute = ComputeSpec(provider="runpod", max_usd_per_hour=0.2)
    with pytest.raises(PodCapacity, match=r"\$0\.24 an hour is above compute\.max_usd_per_hour 0\.2"):
        choice(compute)


@given(
    on_demand=PRICES,
    spot=PRICES,
    limit=PRICES,
    evictions=st.integers(0, 10),
    hours=st.floats(0, 100),
    left=st.one_of(st.none(), st.floats(-10, 200)),
    refused=st.sets(st.sampled_from(["spot", "on_demand"])),
    policy=st.sampled_from(["spot", "on_demand", "spot_then_on_demand"]),
)
def test_nothing_is_ever_chosen_that_was_refused_or_costs_too_much(
    on_demand, spot, limit, evictions, hours, left, refused, policy
):
    deadline = None if left is None else NOW + timedelta(hours=left)
    compute = ComputeSpec(provider="runpod", purchase=policy, max_usd_per_hour=limit, deadline=deadline)
    offer, told = quote(on_demand, spot), dict.fromkeys(refused, "none free")
    possible = {
        kind
        for kind, price in (("spot", spot), ("on_demand", on_demand))
        if price is not None and (limit is None or price <= limit) and kind not in refused
        if policy in (kind, "spot_then_on_demand")
    }
    try:
        chosen = choice(compute, offer, told, evictions, hours)
    except PodCapacity:
        assert not possible
        return
    assert chosen.purchase in possible
    assert chosen.usd_per_hour == (spot if chosen.purchase == "spot" else on_demand)
    assert chosen.usd_per_hour <= chosen.limit_usd and (limit is None or chosen.limit_usd == limit)


@given(evictions=st.integers(0, 10), hours=st.floats(0, 100), left=st.floats(0, 200))
def test_more_evictions_or_less_time_never_lead_back_to_spot(evictions, hours, left):
    compute = ComputeSpec(provider="runpod", deadline=NOW + timedelta(hours=left))
    if choice(compute, evictions=evictions, hours=hours).purchase == "on_demand":
        assert choice(compute, evictions=evictions + 1, hours=hours).purchase == "on_demand"
        assert choice(compute, evictions=evictions, hours=hours + 1).purchase == "on_demand"
