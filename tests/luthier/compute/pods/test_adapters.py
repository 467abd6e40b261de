"""Both adapters and the provider over them, driven against the simulated cloud; the runpod client is the real one."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from luthier.compute.pods.graphql import GraphQL
from luthier.compute.pods.rest import Rest
from luthier.compute.pods.runpod import open_provider
from luthier.errors import ProviderRefused
from luthier.rehearsal.cloud import Image
from luthier.rehearsal.cloud.account import Volume

GPU = "NVIDIA GeForce RTX 4090"
ADAPTERS = [GraphQL, Rest, open_provider]

NASTY = 'a "quoted" \\ back\nslash ${HOME} {{ RUNPOD_SECRET_x }} }) { id } ü'


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_pod_is_rented_seen_listed_and_ended(adapter, cloud, want):
    cloud.timing.pull_s = 0.3
    provider = adapter()
    made = provider.create(want())
    assert (made.name, made.state, made.usd_per_hour) == ("luthier-0a1b2c3d-run-p1", "starting", 0.69)
    until(lambda: provider.get(made.id).state == "running")
    assert [pod.id for pod in provider.list("luthier-0a1b2c3d-")] == [made.id]
    assert provider.list("luthier-ffffffff-") == []
    assert provider.terminate(made.id) is True
    assert provider.get(made.id) is None and provider.list("") == []
    assert provider.terminate(made.id) is False
    assert cloud.running_pods() == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_terminated_pod_that_is_still_shown_costs_nothing(adapter, cloud, want):
    cloud.timing.linger_s = 60
    provider = adapter()
    made = provider.create(want())
    provider.terminate(made.id)
    assert provider.list("") == []
    assert provider.get(made.id) is None or not provider.get(made.id).billed
    assert provider.terminate(made.id) in (True, False)


@pytest.mark.parametrize(
    ("adapter", "purchase"),
    [*((adapter, "on_demand") for adapter in ADAPTERS), (GraphQL, "spot"), (open_provider, "spot")],
)
def test_variables_arrive_as_they_were_given(adapter, purchase, cloud, want):
    cloud.account.secrets["x"] = "hidden"
    adapter().create(want(env={"NASTY": NASTY}, purchase=purchase))
    (pod,) = cloud.pods()
    assert pod.order.env["NASTY"] == NASTY


def test_a_spot_pod_is_bid_for(cloud, want):
    made = open_provider().create(want(purchase="spot", max_usd_per_hour=0.42))
    (pod,) = cloud.pods()
    assert (pod.order.purchase, pod.order.bid, made.usd_per_hour) == ("spot", 0.42, 0.42)


@pytest.mark.parametrize("purchase", ["spot", "on_demand"])
def test_the_provider_is_told_when_to_end_a_pod_where_it_can(purchase, cloud, want):
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    GraphQL().create(want(purchase=purchase, end_after=end))
    (pod,) = cloud.pods()
    assert pod.order.terminate_after == end.timestamp()


def test_a_pod_that_was_outbid_tells_so(cloud, want):
    provider = open_provider()
    made = provider.create(want(purchase="spot"))
    until(lambda: provider.get(made.id).state == "running")
    cloud.evict(made.id, notice_s=0)
    seen = provider.get(made.id)
    assert seen.state == "ended" and seen.said.startswith("Outbid")
    assert [pod.id for pod in provider.list("")] == [made.id]  # stopped, not ended: its disk still costs


@pytest.mark.parametrize("adapter", [GraphQL, Rest])
def test_a_volume_is_mounted(adapter, cloud, want):
    cloud.account.volumes = (Volume("vol1", "cache", 50, "EU-RO-1"),)
    adapter().create(want(volume="vol1"))
    (pod,) = cloud.pods()
    assert pod.order.volume_id == "vol1"


def test_prices_agree_and_only_graphql_knows_spot(cloud):
    graphql, rest = GraphQL().quote(GPU), Rest().quote(GPU)
    assert [(q.cloud, q.on_demand_usd, q.memory_gb) for q in graphql] == [("SECURE", 0.69, 24), ("COMMUNITY", 0.34, 24)]
    assert [(q.cloud, q.on_demand_usd, q.memory_gb) for q in rest] == [("SECURE", 0.69, 24), ("COMMUNITY", 0.34, 24)]
    assert [q.spot_usd for q in graphql] == [0.35, 0.22] and [q.spot_usd for q in rest] == [None, None]
    assert {q.gpu for q in open_provider().quote()} == set(cloud.market.gpus)
    assert open_provider().quote("NVIDIA GeForce RTX 9999") == []


def test_the_tail_of_a_log_ends_though_its_stream_does_not(cloud, want):
    cloud.images["talker"] = Image(("sh", "-c", "for n in 1 2 3 4 5; do echo line $n; done; sleep 600"))
    provider = open_provider()
    made = provider.create(want(image="talker"))
    until(lambda: provider.logs(made.id, 3) == ["line 3", "line 4", "line 5"])
    assert provider.logs("unknown", 3) == []


def test_an_unknown_image_shows_what_the_system_says(cloud, want):
    provider = open_provider()
    made = provider.create(want(image="nowhere/none"))
    assert any("nowhere/none" in line for line in provider.logs(made.id, 10))


def test_a_broken_order_is_refused_in_the_providers_words(cloud, want):
    with pytest.raises(ProviderRefused, match="network volume"):
        Rest().create(want(volume="none"))


def test_the_runpod_package_does_not_make_every_library_heard():
    code = "import logging; from luthier.compute.pods.sdk import sdk; sdk(); print(logging.root)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "<RootLogger root (WARNING)>\n" and told.stderr == ""
