"""The first process of a pod: whose orders it takes, and when it ends its own pod."""

import signal
from datetime import UTC, datetime, timedelta

import pytest
from rented_run import EVERY, GPU, until, wait_for

from luthier.bucket import Bucket
from luthier.compute.orders import Order, Remote
from luthier.compute.pod_environment import pod_environment
from luthier.compute.pods.port import Wanted
from luthier.compute.pods.runpod import open_provider
from luthier.errors import StorageUnavailable
from luthier.pod import agent as agent_module
from luthier.pod.agent import Agent
from luthier.settings import Settings

NAME = "luthier-0a1b2c3d-run-1-p1"
HOUR = timedelta(hours=1)


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """`agent(name)`: in this process, with an hour to live, for run-1 in the folder `storage`."""
    monkeypatch.setattr(agent_module, "POLL_S", 0.01)
    monkeypatch.setattr(agent_module, "IDLE_S", 0.3)
    before = signal.getsignal(signal.SIGTERM)

    def begin(name=NAME, left=HOUR):
        monkeypatch.setenv("LUTHIER_POD_DEADLINE", (datetime.now(UTC) + left).isoformat())
        return Agent(name, "run-1", Settings(home=tmp_path / "pod", storage=str(tmp_path / "storage")))

    yield begin
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def remote(tmp_path):
    return Remote(Bucket(str(tmp_path / "storage")), "run-1")


def test_without_orders_it_ends(agent):
    assert "nobody gave it an order" in agent().serve()


def test_its_deadline_ends_it(agent):
    assert agent(left=-HOUR).serve() == "its deadline has passed"


def test_sigterm_ends_it(agent):
    some = agent()
    signal.raise_signal(signal.SIGTERM)
    assert some.serve() == "it was asked to leave"


def test_a_storage_that_is_away_is_waited_for_no_longer(agent, monkeypatch):
    def away(*_):
        raise StorageUnavailable("the storage does not answer")

    monkeypatch.setattr(Bucket, "get", away)
    assert "nobody gave it an order" in agent().serve()


@pytest.mark.parametrize(
    ("pod", "number"),
    [("luthier-0a1b2c3d-run-1-p2", 2), ("luthier-ffffffff-run-1-p1", 1)],
    ids=["the next pod", "the first pod of another home"],
)
def test_orders_for_another_pod_end_it(agent, remote, pod, number):
    remote.give(Order(kind="train", attempt=3, pod=pod), number)
    assert "took its place" in agent().serve()
    assert [stored.key for stored in remote.bucket.list("runs/run-1/attempts")] == ["runs/run-1/attempts/3/order.json"]


def test_orders_of_an_earlier_pod_are_left_alone(agent, remote):
    remote.give(Order(kind="train", attempt=3, pod=NAME), 1)
    assert "nobody gave it an order" in agent(NAME.replace("-p1", "-p2")).serve()
    assert remote.get_json(remote.key(3, "result.json")) is None


@pytest.fixture
def rent(home):
    """`rent(deadline)`: a pod of the real image that nobody has orders for; its end is at `deadline`."""

    def rent(deadline):
        name = "luthier-0a1b2c3d-tiny-1-p1"
        env = pod_environment("tiny-1", name, home.settings, deadline)
        return open_provider().create(Wanted(name, "agent", GPU, "on_demand", 2.0, env)).id

    return rent


def said(cloud, pod_id):
    return [line.text for line in cloud.pod(pod_id).logs.after(0) if line.source == "container"]


@pytest.mark.parametrize("rights", ["graphql", "rest"])
def test_it_ends_its_pod_by_whichever_api_its_key_may_use(cloud, rent, rights):
    cloud.account.pod_rights = rights
    rent(datetime.now(UTC) - HOUR)
    wait_for(lambda: not cloud.running_pods())


def test_without_any_right_it_goes_on_asking_and_does_not_return(cloud, rent):
    cloud.account.pod_rights = "none"
    pod_id = rent(datetime.now(UTC) - HOUR)
    wait_for(lambda: len(said(cloud, pod_id)) >= 3)
    assert [line.startswith("_by") for line in said(cloud, pod_id)] == [False, True, True]
    pod = cloud.pod(pod_id)
    assert pod.up and pod.restarts == 0 and "its deadline has passed" in said(cloud, pod_id)[0]


@pytest.mark.slow
def test_a_pod_that_was_given_up_writes_nothing_any_more(home, cloud):
    events = home.attempt()
    until(events, "metrics", lambda event: event["step"] >= EVERY)
    remote = home.open().remote
    remote.give(Order(kind="train", attempt=2, pod="luthier-0a1b2c3d-tiny-1-p2"), 2)
    stored = {one.key: one.modified for one in remote.bucket.list("runs/tiny-1")}
    moved = stored["runs/tiny-1/fence.json"]
    wait_for(lambda: not cloud.running_pods())
    after = [one.key for one in remote.bucket.list("runs/tiny-1") if one.modified > moved]
    assert not [key for key in after if key.endswith(("manifest.json", "result.json", "heartbeat.json"))], after
    (pod,) = cloud.pods()
    assert any("pod 2 took its place" in line for line in said(cloud, pod.id))
    del events
