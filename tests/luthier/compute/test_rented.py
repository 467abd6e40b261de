"""Trainings on pods that nothing happens to, and on pods to which everything happens; without the flow."""

import signal
import time

import pytest
from rented_run import EVERY, RentedRun, adapter, at_step, until, worker_of

from luthier.compute.owner import GONE_AFTER_S
from luthier.errors import AlreadyRunning, OverBudget, PodInterrupted, PodLost, PodStalled, Problems, WorkerDied
from luthier.history import metric_rows
from luthier.rows import write_rows
from luthier.spec_file import load_spec
from luthier.storage import read_json


@pytest.mark.slow
def test_a_training_in_a_pod_is_the_local_one(home, cloud, trained_here):
    result = home.result()
    here = read_json(trained_here.attempt(1).result)["result"]
    assert result["adapter_sha256"] == here["adapter_sha256"]
    assert adapter(home.run) == adapter(trained_here)
    assert [row | {"attempt": 1} for row in metric_rows(home.run)] == metric_rows(trained_here)
    chosen = [load_spec(run.spec).training.micro_batch_tokens for run in (home.run, trained_here)]
    assert chosen[0] == chosen[1] != None  # noqa: E711
    told = [event["kind"] for event in home.events("checkpoint")]
    assert len(told) == 66 // EVERY + 1 and home.run.attempt(1).log.read_bytes()
    assert [pod.name for pod in cloud.running_pods()] == [home.records.open()[0].name]
    home.open().release("done")
    assert cloud.running_pods() == [] and home.records.open() == []


@pytest.mark.slow
def test_evicted_with_notice_the_next_pod_goes_on(home, cloud, trained_here):
    watch = cloud.watch("luthier-", at_step(EVERY * 3 + 2), lambda pod: cloud.evict(pod.id, notice_s=5))
    with pytest.raises(PodInterrupted):
        home.result()
    assert watch.wait(0) and not cloud.running_pods()
    (death,) = home.events("interrupted")
    assert death["excused"] and home.records.all()[0].evicted
    home.result()
    assert adapter(home.run) == adapter(trained_here)
    (resumed,) = home.events("resumed")
    assert resumed["step"] >= EVERY * 3
    needless = ["data/test.parquet", "baseline", "evaluation"]
    second = next(cloud.pods()[1].disk.glob(".luthier/runs/*"))
    assert not [name for name in needless if (second / name).exists()]


@pytest.mark.slow
def test_who_watches_is_killed_and_the_next_takes_the_same_attempt_further(home, cloud, trained_here):
    watched = home.attempt()
    until(watched, "metrics")
    copied = len(home.events("metrics"))
    result = home.result()  # `watched` is not closed: whoever held it was killed
    assert home.run.attempt_numbers() == [1] and len(cloud.pods()) == 1
    assert result == read_json(home.run.attempt(1).result)["result"] and adapter(home.run) == adapter(trained_here)
    steps = [event["step"] for event in home.events("metrics") if "train_loss" in event]
    assert steps == list(range(1, 67)) and copied < 66 and home.events("interrupted") == []


@pytest.mark.slow
def test_only_the_worker_dies_and_the_pod_is_kept(home, cloud, trained_here):
    cloud.watch("luthier-", at_step(EVERY * 2 + 1), lambda pod: worker_of(pod).send_signal(signal.SIGKILL))
    with pytest.raises(WorkerDied, match="signal 9"):
        home.result()
    (death,) = home.events("interrupted")
    assert not death["excused"] and len(cloud.running_pods()) == 1
    home.result()
    assert len(cloud.pods()) == 1 and home.run.attempt_numbers() == [1, 2]
    assert home.events("resumed")[0]["step"] >= EVERY * 2 and adapter(home.run) == adapter(trained_here)


@pytest.mark.slow
@pytest.mark.drill
def test_what_was_changed_at_home_reaches_the_next_worker_in_the_same_pod(home, cloud):
    watch = cloud.watch("luthier-", at_step(EVERY + 1), lambda pod: worker_of(pod).send_signal(signal.SIGKILL))
    with pytest.raises(WorkerDied):
        home.result()
    assert watch.wait(0)
    settled = load_spec(home.run.spec).training.micro_batch_tokens
    home.change(training={"micro_batch_tokens": 40, "gradient_checkpointing": True})
    home.result()
    training = load_spec(home.run.spec).training
    assert settled != 40 and (training.micro_batch_tokens, training.gradient_checkpointing) == (40, True)
    in_pod = load_spec(next(cloud.pods()[0].disk.glob(".luthier/runs/*")) / "spec.yaml").training
    assert len(cloud.pods()) == 1 and in_pod == training
    assert any("training.micro_batch_tokens was" in event["text"] for event in home.events("warning"))


def test_a_container_that_starts_again_says_so_and_does_not_train_again(home, cloud):
    def working(pod):
        return list(pod.disk.glob(".luthier/runs/*/attempts/1/heartbeat.json"))

    cloud.watch("luthier-", working, lambda pod: pod.container.process.kill())
    with pytest.raises(WorkerDied, match="started again"):
        home.result()
    (pod,) = cloud.running_pods()
    assert pod.restarts == 1 and home.events("metrics") == []


@pytest.mark.slow
def test_no_money_left_saves_first_and_more_money_goes_on(home, cloud, trained_here, monkeypatch):
    home.change(budget={"max_usd": 1.0})
    events = home.attempt()
    until(events, "metrics", lambda event: event["step"] >= EVERY + 1)
    (record,) = home.records.open()
    home.records.change(record, usd_per_hour=1e6)  # so that the budget is gone now
    with pytest.raises(OverBudget, match="max_usd") as caught:
        list(events)
    assert caught.value.exit_code == 6 and not caught.value.retryable
    home.open().release("no money")
    assert cloud.running_pods() == []
    (death,) = home.events("interrupted")
    with pytest.raises(OverBudget):
        home.result()
    assert len(cloud.pods()) == 1
    home.change(budget={"max_usd": None, "approve_above_usd": None})
    home.result()
    (resumed,) = home.events("resumed")
    assert resumed["step"] >= death["step"] > EVERY and adapter(home.run) == adapter(trained_here)


@pytest.mark.slow
def test_bad_data_is_told_as_on_this_machine(home):
    messages = [{"role": "user", "content": "x" * 600}, {"role": "assistant", "content": "y"}]
    write_rows(home.run.split("train"), [{"id": "1", "group": "1", "messages": messages}])
    with pytest.raises(Problems, match="hold nothing to learn") as caught:
        home.result()
    assert not caught.value.retryable and caught.value.exit_code == 2
    assert [problem.where for problem in caught.value.problems] == ["row 1"]


@pytest.mark.slow
def test_another_home_takes_a_silent_one_over(home, cloud, trained_here, tiny_model, tmp_path):
    other = RentedRun(tmp_path / "other", tmp_path / "storage", tiny_model)
    cloud.watch("luthier-", at_step(EVERY * 4), lambda pod: cloud.vanish(pod.id))
    events = home.attempt()
    until(events, "cost")
    with pytest.raises(AlreadyRunning, match="another home"):
        other.result()
    owner = home.open().owner
    owner.remote.put_json(owner.key, {"home": owner.home, "time": time.time() - GONE_AFTER_S})
    with pytest.raises(PodStalled):  # the other home goes on with the first one's pod, until that shows no sign of life
        other.result()
    assert other.run.attempt_numbers() == [1] and cloud.running_pods() == []
    other.result()
    assert adapter(other.run) == adapter(trained_here) and other.run.attempt_numbers() == [1, 2]
    assert [record.number for record in other.records.all()] == [1, 2]
    assert other.events("resumed")[0]["step"] >= EVERY
    with pytest.raises((PodLost, AlreadyRunning)):  # the first home wakes up; which it sees first is a matter of time
        list(events)
    with pytest.raises(AlreadyRunning):
        home.result()
    home.open().release("woken up")
    assert [pod.name for pod in cloud.running_pods()] == [other.records.open()[0].name]
