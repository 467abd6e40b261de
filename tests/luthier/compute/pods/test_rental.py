"""A run's pods against the simulated cloud: whatever gets lost in between, no pod does."""

import time

import pytest

from luthier.compute.pods.asking import TO_SAVE
from luthier.compute.pods.names import pod_name
from luthier.compute.pods.rental import Rental
from luthier.compute.pods.runpod import open_provider
from luthier.errors import (
    ApiWithdrawn,
    CreateOutcomeUnknown,
    NoBalance,
    PodCapacity,
    ProviderUnavailable,
    SpecError,
)
from luthier.home import home_id
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import ComputeSpec

GPU = "NVIDIA GeForce RTX 4090"


@pytest.fixture
def rental(cloud, tmp_path):
    """`rental(purchase=…)`: a new Rental of the same run, as another process would have."""
    run, settings = RunFolder(tmp_path / "runs" / "run-1"), Settings(home=tmp_path, pod_image="sleeper")

    def build(**compute):
        spec = ComputeSpec(**{"provider": "runpod", "gpu": GPU} | compute)
        return Rental(run, spec, settings, open_provider(), lambda name, end: {"LUTHIER_POD": name, "END": str(end)})

    return build


def ensure(rental, hours=1.0, usd_left=None):
    """The record, and the events on the way to it."""
    events, generator = [], rental.ensure(hours, usd_left)
    while True:
        try:
            events.append(next(generator))
        except StopIteration as stop:
            return stop.value, events


def live(cloud):
    return [pod.name for pod in cloud.running_pods()]


def test_a_pod_is_rented_and_found_again(rental, cloud, tmp_path):
    first, events = ensure(rental())
    assert first.name == pod_name(home_id(tmp_path), "run-1", 1) and live(cloud) == [first.name]
    assert (first.purchase, first.usd_per_hour, first.quote["spot_usd"]) == ("spot", 0.35, 0.35)
    assert [event["state"] for event in events] == ["asked", "rented"]
    assert cloud.pods()[0].order.env["LUTHIER_POD"] == first.name
    again, events = ensure(rental())
    assert again.id == first.id and [event["state"] for event in events] == ["adopted"]
    ended = rental().end(again, "done")
    assert live(cloud) == [] and ended.ended_at and ended.end_cause == "done"
    assert rental().records.open() == []


def test_it_is_on_record_before_it_is_asked_for(rental, cloud):
    generator = rental().ensure(1.0)
    assert next(generator)["state"] == "asked"
    (intent,) = rental().records.open()
    assert intent.id is None and intent.created_at is None and cloud.pods() == []


def test_no_spot_free_means_on_demand_and_people_see_it(rental, cloud):
    cloud.market.free[GPU, "spot"] = 0
    record, events = ensure(rental())
    assert record.purchase == "on_demand" and record.number == 1
    told = " | ".join(event["text"] for event in events)
    assert "no machine of this kind is free at $0.35 an hour; on-demand at $0.69 an hour" in told
    assert len(rental().records.all()) == 1


def test_nothing_free_at_all_leaves_nothing_behind(rental, cloud):
    cloud.market.free[GPU, "spot"] = cloud.market.free[GPU, "on_demand"] = 0
    with pytest.raises(PodCapacity, match="no NVIDIA GeForce RTX 4090 can be rented now"):
        ensure(rental())
    assert rental().records.all() == []


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_a_pod_whose_answer_was_lost_is_found_by_its_name(rental, cloud, fault):
    cloud.timing.visibility_lag_s = 0.2
    cloud.faults.add(fault, "create", carried_out=True)
    record, _ = ensure(rental())
    assert record.id == cloud.pods()[0].id and len(cloud.pods()) == 1


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_a_create_that_did_nothing_is_settled_before_the_next(rental, cloud, fault):
    cloud.faults.add(fault, "create")
    with pytest.raises(CreateOutcomeUnknown):
        ensure(rental())
    assert len(rental().records.open()) == 1
    record, _ = ensure(rental())
    assert record.number == 2 and len(cloud.pods()) == 1
    assert [one.created_at for one in rental().records.all()][0] is None


def test_a_pod_that_becomes_visible_late_is_ended_as_a_stray(rental, cloud):
    cloud.timing.visibility_lag_s = 1.5
    cloud.faults.add("500", "create", carried_out=True)
    with pytest.raises(CreateOutcomeUnknown):
        ensure(rental())
    record, _ = ensure(rental())  # the first one is not visible even now
    assert record.number == 2 and len(live(cloud)) == 2
    time.sleep(1.5)
    assert ensure(rental())[0].id == record.id
    assert live(cloud) == [record.name]
    stray = rental().records.all()[0]
    assert stray.created_at == stray.asked_at and stray.ended_at - stray.created_at > 1.5  # it has cost money too


def test_a_flow_killed_while_asking_adopts_the_pod(rental, cloud):
    generator = rental().ensure(1.0)
    next(generator)
    (intent,) = rental().records.open()
    made = open_provider().create(rental().asking._wanted(intent))  # and there it was killed
    record, events = ensure(rental())
    assert (record.id, record.number) == (made.id, 1) and [event["state"] for event in events] == ["adopted"]
    assert record.created_at == intent.asked_at and len(cloud.pods()) == 1


def test_evictions_are_counted_and_lead_to_on_demand(rental, cloud):
    kinds = []
    for _ in range(3):
        record, _ = ensure(rental(evictions_before_on_demand=2))
        kinds.append(record.purchase)
        cloud.evict(record.id, notice_s=0)
    assert kinds == ["spot", "spot", "on_demand"]
    record, events = ensure(rental(evictions_before_on_demand=2))
    assert "Outbid" in events[0]["text"] and record.number == 4 and live(cloud) == [record.name]
    assert all(pod.gone for pod in cloud.pods()[:3])  # their disks would cost too
    assert cloud.overlaps("luthier-") == []


def test_one_that_costs_more_than_was_allowed_is_given_back(rental, cloud, monkeypatch):
    prices = iter([5.0, 0.7])
    monkeypatch.setattr(cloud.market, "rate", lambda *_: next(prices))
    record, events = ensure(rental(max_usd_per_hour=1.0))
    assert record.purchase == "on_demand" and record.usd_per_hour == 0.7 and live(cloud) == [record.name]
    assert any("it costs $5.00 an hour, more than $1.00" in event["text"] for event in events)


def test_spot_alone_says_that_it_is_withdrawn(rental, cloud, monkeypatch):
    def gone(_):
        raise ApiWithdrawn("RunPod no longer has spot pods")

    monkeypatch.setattr("luthier.compute.pods.graphql.GraphQL.create", lambda self, wanted: gone(wanted))
    with pytest.raises(ApiWithdrawn):
        ensure(rental(purchase="spot"))
    assert rental().records.all() == []
    assert ensure(rental())[0].purchase == "on_demand"


@pytest.mark.parametrize(("kind", "error"), [("balance", NoBalance), ("429", ProviderUnavailable)])
def test_a_refusal_leaves_no_record(rental, cloud, kind, error):
    cloud.faults.add(kind, "create", times=20)
    with pytest.raises(error):
        ensure(rental())
    assert rental().records.all() == [] and cloud.pods() == []


def test_ending_goes_on_until_the_pod_is_gone(rental, cloud):
    record, _ = ensure(rental())
    cloud.faults.add("502", "terminate", times=6)
    rental().end(record, "done")
    assert live(cloud) == []


def test_a_new_pod_that_cannot_be_seen_yet_is_ended_all_the_same(rental, cloud):
    cloud.timing.visibility_lag_s = 0.4
    record, _ = ensure(rental())
    rental().end(record, "cancelled")
    assert live(cloud) == []


def test_a_pod_that_was_taken_back_is_not_waited_for(rental, cloud, monkeypatch):
    monkeypatch.setattr("luthier.compute.pods.ending.END_LOOKS", 1)
    record, _ = ensure(rental())
    cloud.evict(record.id, 0, "terminate")
    assert rental().end(record, "Outbid", evicted=True).ended_at


def test_an_end_that_cannot_be_verified_stays_open_and_is_taken_up_again(rental, cloud, monkeypatch):
    monkeypatch.setattr("luthier.compute.pods.ending.END_LOOKS", 2)
    record, _ = ensure(rental())
    cloud.partition_api()
    with pytest.raises(ProviderUnavailable, match="may still run and cost money"):
        rental().end_all("cancelled")
    cloud.partition_api(False)
    (left,) = rental().records.open()
    assert left.end_cause == "cancelled" and live(cloud) == [record.name]
    again, _ = ensure(rental())
    assert again.number == 2 and live(cloud) == [again.name]
    rental().end_all("done")
    assert live(cloud) == [] and rental().records.open() == []


def test_end_all_leaves_other_runs_alone(rental, cloud, want, tmp_path):
    ensure(rental())
    home = home_id(tmp_path)
    names = [f"luthier-{home}-run-{rest}-p1" for rest in ("1-2", "11", "1-plus")]
    others = [*names, "luthier-ffffffff-run-1-p1", "mine"]
    for name in others:
        open_provider().create(want(name=name))
    open_provider().create(want(name=f"luthier-{home}-run-1-p9"))
    rental().end_all("done")
    assert sorted(live(cloud)) == sorted(others)


def test_the_provider_ends_it_when_the_money_is_gone(rental, cloud):
    record, _ = ensure(rental(max_usd_per_hour=0.5), hours=100, usd_left=1.0)
    assert record.end_after.timestamp() - record.asked_at == pytest.approx(2 * 3600, abs=2)
    assert cloud.pods()[0].order.terminate_after == record.end_after.timestamp()
    assert cloud.pods()[0].order.env["END"] == str(record.end_after - TO_SAVE)


def test_a_gpu_that_is_not_offered_names_those_that_are(rental):
    with pytest.raises(SpecError, match="NVIDIA GeForce RTX 4090"):
        ensure(rental(gpu="RTX 4090"))


def test_an_environment_that_cannot_be_made_leaves_no_record(rental, cloud):
    some = rental()

    def refuse(*_):
        raise SpecError("no credentials for the storage")

    some.asking.environment = refuse
    with pytest.raises(SpecError, match="no credentials"):
        ensure(some)
    assert some.records.all() == [] and cloud.pods() == []


def test_without_an_image_there_is_nothing_to_rent(tmp_path):
    with pytest.raises(SpecError, match="pod_image"):
        Rental(RunFolder(tmp_path), ComputeSpec(gpu=GPU), Settings(home=tmp_path), open_provider(), lambda *_: {})
