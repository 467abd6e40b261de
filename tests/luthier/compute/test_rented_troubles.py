"""What a provider and its pods may do to a run, against pods that only play their part."""

import sys
import time

import orjson
import pytest
from rented_run import GPU, RentedRun, scripted, until, wait_for

from luthier.bucket import Bucket
from luthier.compute import rented, told
from luthier.compute.job import new_job
from luthier.errors import (
    NoBalance,
    OutOfMemory,
    OutOfTime,
    PodInterrupted,
    PodLost,
    PodStalled,
    PodStartTimeout,
    ProviderDenied,
    StorageUnavailable,
    WorkerKilledForMemory,
)
from luthier.failures.guards import too_big_to_train
from luthier.rehearsal.cloud import Image

CRASHES = (
    "import os, time; print('no storage:', os.environ['LUTHIER_RUN'], 'hf_' + 'a' * 30, flush=True); time.sleep(1.3)"
)


@pytest.fixture(autouse=True)
def no_model(monkeypatch):
    """These pods make no adapter."""
    monkeypatch.setattr("luthier.compute.endings.name_base", lambda *_: None)


@pytest.fixture
def plays(cloud):
    """`plays("done")`: what pods do from here on; see scripted_pod.py."""

    def change(behaviour: str) -> None:
        cloud.images["agent"] = scripted(behaviour)

    return change


def follow(home):
    """An attempt that is being followed by now."""
    events = home.attempt()
    until(events, "cost")
    return events


@pytest.mark.parametrize(
    ("strike", "error", "excused"),
    [
        (lambda cloud, pod: cloud.evict(pod, 0), PodInterrupted, True),
        (lambda cloud, pod: cloud.evict(pod, 0, "terminate"), PodLost, True),
        (lambda cloud, pod: cloud.maintain(pod), PodLost, True),
        (lambda cloud, pod: cloud.vanish(pod), PodStalled, False),
    ],
    ids=["outbid", "outbid and gone", "host maintenance", "host vanishes"],
)
def test_a_pod_that_is_lost_is_ended_and_replaced(home, cloud, plays, strike, error, excused):
    plays("works")
    home.change(compute={"evictions_before_on_demand": 1})
    events = follow(home)
    wait_for(lambda: home.open().mirror.pull(1))
    strike(cloud, cloud.pods()[0].id)
    with pytest.raises(error) as caught:
        list(events)
    assert caught.value.retryable and cloud.running_pods() == [] and home.records.open() == []
    (death,) = home.events("interrupted")
    assert (death["attempt"], death["excused"]) == (1, excused)
    plays("done")
    assert home.result() == {"steps": 1}
    assert [record.purchase for record in home.records.all()] == ["spot", "on_demand"]
    assert home.run.attempt_numbers() == [1, 2] and cloud.overlaps("luthier-") == []


def test_while_the_provider_is_away_the_pod_works_on(home, cloud, plays):
    plays("done")
    events = follow(home)
    cloud.partition_api()
    *_, last = events
    assert last["result"] == {"steps": 1}


@pytest.mark.parametrize("fault", ["429", "500", "hang"])
def test_answers_that_are_none_do_nothing_to_a_run(home, cloud, plays, fault):
    plays("done")
    cloud.faults.add(fault, "get", times=2, seconds=1)
    assert home.result() == {"steps": 1} and len(cloud.pods()) == 1


def test_a_key_that_is_taken_away_stops_no_pod_that_works(home, plays, monkeypatch):
    plays("done")
    events = follow(home)
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_other")
    *_, last = events
    assert last["result"] == {"steps": 1}


def test_a_pod_that_never_comes_up_is_replaced(home, cloud, plays):
    plays("done")
    home.settings.pod_ready_minutes = 0.02
    cloud.faults.add("never_ready", "create")
    with pytest.raises(PodStartTimeout, match="did not come up"):
        home.result()
    assert cloud.running_pods() == [] and not home.events("interrupted")[0]["excused"]
    home.settings.pod_ready_minutes = 1
    assert home.result() == {"steps": 1}


def test_an_image_that_crashes_is_said_and_its_log_is_kept(home, cloud):
    cloud.images["agent"] = Image((sys.executable, "-c", CRASHES))
    home.settings.pod_ready_minutes = 0.04
    with pytest.raises(PodStartTimeout):
        home.result()
    kept = (home.run.pods / "1.log").read_text()
    assert "no storage: tiny-1" in kept and "aaaa" not in kept and cloud.running_pods() == []


def test_no_pod_to_be_had_is_waited_for_and_told(home, cloud, plays):
    plays("done")
    cloud.market.free = {(GPU, "spot"): 0, (GPU, "on_demand"): 0}
    events = home.attempt()
    waits = until(events, "pod", lambda event: "asked again" in event["text"])
    assert f"no {GPU} can be rented now" in waits["text"] and home.run.attempt_numbers() == []
    cloud.market.free.clear()
    *_, last = events
    assert last["result"] == {"steps": 1}


def test_waiting_for_a_pod_ends_with_the_time(home, cloud):
    cloud.market.free = {(GPU, "spot"): 0, (GPU, "on_demand"): 0}
    home.change(compute={"max_hours": 0.2 / 3600})
    with pytest.raises(OutOfTime):
        home.result()


@pytest.mark.parametrize(("poor", "error"), [(True, NoBalance), (False, ProviderDenied)])
def test_no_money_and_no_right_are_told_at_once(home, cloud, monkeypatch, poor, error):
    if poor:
        cloud.account.balance = 0.01
    else:
        monkeypatch.setenv("RUNPOD_API_KEY", "rpa_wrong")
    with pytest.raises(error) as caught:
        home.result()
    assert not caught.value.retryable and cloud.pods() == [] and home.run.attempt_numbers() == []


def test_no_time_left_lets_the_pod_save(home, plays):
    plays("works")
    events = follow(home)
    home.records.change(home.records.all()[0], asked_at=time.time() - 73 * 3600)
    with pytest.raises(OutOfTime, match="max_hours"):
        list(events)
    assert home.open().mirror.ended(1)["ended"] == "asked"
    assert home.events("interrupted")[0]["excused"]


def test_an_error_of_the_worker_keeps_its_class_and_words(home, cloud, plays, tiny_model):
    asked = too_big_to_train(home.open().spec.training)
    plays(orjson.dumps({"error": told.tell(asked), "leaving": False, "files": []}).decode())
    with pytest.raises(OutOfMemory) as caught:
        home.result()
    assert str(caught.value) == str(asked) and not caught.value.retryable
    assert home.events("interrupted") == [] and len(cloud.running_pods()) == 1


def test_a_worker_that_the_kernel_ended_for_memory_keeps_its_class(home, plays):
    plays(orjson.dumps({"ended": "killed", "for_memory": True, "leaving": False, "files": []}).decode())
    with pytest.raises(WorkerKilledForMemory):
        home.result()
    assert [event["error"] for event in home.events("interrupted")] == ["WorkerKilledForMemory"]


def test_a_result_that_nobody_took_is_taken(home, cloud, plays):
    plays("done")
    events = follow(home)
    wait_for(lambda: home.open().mirror.ended(1))
    cloud.partition_api()  # nothing needs to be asked
    assert home.result() == {"steps": 1}
    assert home.run.attempt_numbers() == [1]
    del events


def test_an_attempt_that_was_never_ordered_is_not_waited_for(home, cloud, plays):
    plays("done")
    home.result()
    pod = home.records.all()[0].name
    new_job(home.run, "train", home.settings.models, progress=0, flow_run="flow", pod=pod)  # killed here
    assert home.result() == {"steps": 1}
    assert home.run.attempt_numbers() == [1, 2, 3] and [event["attempt"] for event in home.events("interrupted")] == [2]
    assert len(cloud.pods()) == 1


def test_a_later_stage_has_its_time_in_an_old_pod(home, cloud, plays):
    plays("done")
    home.result()
    (record,) = home.records.all()
    home.records.change(record, created_at=record.created_at - 3600)
    *_, last = home.attempt("evaluate")
    assert last["result"] == {"steps": 1} and len(cloud.pods()) == 1


def test_a_storage_that_is_away_is_waited_for(home, cloud, plays, monkeypatch):
    plays("done")
    events, get, times = follow(home), Bucket.get, []

    def away(bucket, key):
        times.append(key)
        if len(times) < 4:
            raise StorageUnavailable("the storage does not answer")
        return get(bucket, key)

    monkeypatch.setattr(Bucket, "get", away)
    *told, last = events
    assert last["result"] == {"steps": 1} and home.run.attempt_numbers() == [1]
    assert "the pod works on" in next(event["text"] for event in told if event["kind"] == "pod")


def test_a_storage_that_stays_away_leaves_the_pod_alone(home, cloud, plays, monkeypatch):
    monkeypatch.setattr(rented, "STORAGE_PATIENCE_S", 0)
    plays("done")
    events = follow(home)

    def away(*_):
        raise StorageUnavailable("the storage does not answer")

    with monkeypatch.context() as cut, pytest.raises(StorageUnavailable):
        cut.setattr("luthier.bucket.Bucket.get", away)
        list(events)
    assert home.result() == {"steps": 1} and home.run.attempt_numbers() == [1] and home.events("interrupted") == []


def test_what_the_pods_of_a_silent_home_cost_counts_for_the_next(home, cloud, plays, tiny_model, tmp_path):
    plays("done")
    home.result()
    home.open().release("done")
    owner = home.open().owner
    owner.remote.put_json(owner.key, {"home": owner.home, "time": 0})
    other = RentedRun(tmp_path / "other", tmp_path / "storage", tiny_model)
    other.open().catch_up()
    assert other.records.all() == home.records.all() and other.records.open() == []
    assert other.open().spending.usd() == pytest.approx(home.open().spending.usd())
    assert other.result() == {"steps": 1} and other.run.attempt_numbers() == [1]  # nothing is done twice
    *_, last = other.attempt("evaluate")
    assert last["kind"] == "finished" and other.run.attempt_numbers() == [1, 2]
    assert [record.number for record in other.records.all()] == [1, 2]
