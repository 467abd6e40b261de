"""REST v2 of the simulated cloud, to the letter."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from simulated import GPU, said, until

from luthier.rehearsal.cloud import Cloud
from luthier.rehearsal.cloud.account import Volume

BODY = {"name": "luthier-p1", "image": "waiting", "gpu": {"id": GPU}}


def test_a_pod_lives_and_dies(rest, cloud):
    created = rest.post("/pods", json=BODY)
    assert created.status_code == 201
    pod = created.json()
    assert (pod["status"], pod["actions"], pod["cost"]) == ("PROVISIONING", ["stop", "terminate"], 0.99)
    path = f"/pods/{pod['id']}"
    until(lambda: rest.get(path).json()["status"] == "RUNNING")
    assert rest.get(path).json()["runtime"]["gpus"]
    assert rest.post(f"{path}/action", json={"action": "start"}).status_code == 409
    assert rest.post(f"{path}/action", json={"action": "stop"}).json()["status"] == "EXITED"
    until(lambda: cloud.pod(pod["id"]).container is None)
    assert rest.post(f"{path}/action", json={"action": "start"}).status_code == 200
    gone = rest.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert rest.delete(path).status_code == 404 and rest.get("/pods").json() == {"pods": []}


def test_both_protocols_show_the_same_pod(rest, rent_up, sdk, cloud):
    pod_id = rent_up()
    cloud.evict(pod_id, 0)
    assert rest.get(f"/pods/{pod_id}").json()["status"] == "EXITED"
    assert "lastStatusChange" not in rest.get(f"/pods/{pod_id}").json()
    assert sdk.get_pod(pod_id)["lastStatusChange"].startswith("Outbid: ")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"interruptible": True}, "$: additional properties 'interruptible' not allowed"),
        ({"gpu": {"id": GPU, "bidPerGpu": 1}}, "$.gpu: additional properties 'bidPerGpu' not allowed"),
        ({"disk": "20"}, "$.disk"),
        ({"mounts": {"persistent": {"size": 5}}}, "$.mounts.persistent.size"),
        ({"env": {f"N{n}": "" for n in range(51)}}, "$.env"),
    ],
)
def test_a_body_of_the_wrong_shape_is_422_and_names_the_fault(rest, cloud, more, words):
    answer = rest.post("/pods", json=BODY | more)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert any(words in error for error in answer.json()["errors"])
    assert cloud.pods() == []


def test_refusals_have_their_status(rest, cloud):
    cloud.faults.add("capacity")
    refused = rest.post("/pods", json=BODY)
    assert refused.status_code == 400 and "instances available" in refused.json()["detail"]
    assert rest.post("/pods", json=BODY | {"cpu": {"id": "cpu3c", "vcpuCount": 2}}).status_code == 400
    cloud.account.balance = 0.5
    assert rest.post("/pods", json=BODY).status_code == 402
    assert rest.get("/pods", headers={"Authorization": "Bearer no"}).status_code == 401
    assert rest.get("/pods/none").status_code == 404 and rest.get("/nonsense").status_code == 404
    assert rest.patch("/pods/none", json={}).status_code == 405
    assert httpx.post(f"{cloud.url}/v1/pods", json={"interruptible": True}).status_code == 410
    assert cloud.pods() == []


def test_too_many_calls_a_minute_have_to_wait():
    with Cloud(calls_per_minute=2) as cloud:
        headers = {"Authorization": f"Bearer {cloud.account.key}"}
        answers = [httpx.get(f"{cloud.url}/v2/pods", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert answers[0].headers["ratelimit"] == '"minute";r=1;t=60'
    assert answers[0].headers["ratelimit-policy"].startswith('"minute";q=2;w=60')


def events(client, path, count, **more):
    """The first events of a stream that does not end: (id, data) each."""
    found = []
    with client.stream("GET", path, timeout=10, **more) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("id: "):
                last = line.removeprefix("id: ")
            elif line.startswith("data: "):
                found.append((last, json.loads(line.removeprefix("data: "))))
                if len(found) == count:
                    return found
    raise AssertionError("the stream ended")


def test_logs_are_a_stream_that_can_be_taken_up_again(rest, rent_up, cloud):
    pod_id = rent_up()
    path = f"/pods/{pod_id}/logs"
    (first, one), (_, two), (_, three) = events(rest, path, 3)
    assert one["line"] == "create container: still fetching image waiting" and one["source"] == "system"
    assert three == {"ts": three["ts"], "source": "container", "line": "up"}
    assert events(rest, path, 1, headers={"Last-Event-ID": first})[0][1] == two
    assert events(rest, path, 1, params={"source": "container", "tail": 1})[0][1]["line"] == "up"
    assert rest.get(path, params={"tail": 5001}).status_code == 422
    with rest.stream("GET", path, params={"tail": 0}, timeout=10) as answer:
        cloud.provider.stop(cloud.pod(pod_id))
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert json.loads(next(lines).removeprefix("data: "))["line"] == "asked to stop"


def test_the_catalogue_wants_to_know_the_product(rest, cloud):
    cloud.market.free = {(GPU, "on_demand"): 0}
    assert rest.get("/catalog/gpus", params={"include": "AVAILABILITY"}).status_code == 400
    gpus = rest.get("/catalog/gpus", params={"include": "AVAILABILITY", "product": "POD"}).json()["gpus"]
    [gpu] = [gpu for gpu in gpus if gpu["id"] == GPU]
    assert gpu["availability"] == "NONE" and gpu["price"]["secure"] == 0.99
    assert "availability" not in rest.get("/catalog/gpus").json()["gpus"][0]


def test_the_bill_is_by_the_second_and_in_the_clouds_time(rest, rent, cloud):
    pod_id = rent(disk=20)
    cloud.clock.advance(2 * 3600)
    rest.delete(f"/pods/{pod_id}")
    cloud.clock.advance(3600)
    expected = 2 * (0.99 + 20 * 0.10 / 730)
    assert cloud.bill()["total"] == pytest.approx(expected, rel=1e-3)
    answer = rest.get("/billing/pods", params={"podId": pod_id, "bucketSize": "hour", "lastN": 10}).json()
    assert answer["metadata"]["totals"]["totalAmount"] == pytest.approx(cloud.bill()["total"])
    assert len(answer["records"]) == 3 or datetime.now(UTC).minute == 0
    assert cloud.provider.balance == pytest.approx(100 - expected, rel=1e-3)


def test_when_the_money_is_gone_pods_stop_or_end(rest, rent, rent_up, cloud):
    cloud.account.volumes = (Volume("vol1"),)
    ended = rent()
    kept = rent(mounts={"network": [{"volumeId": "vol1"}]})
    until(lambda: "up" in said(cloud, kept))
    cloud.clock.advance(100 * 3600)
    until(lambda: not cloud.running_pods())
    assert rest.get(f"/pods/{kept}").json()["status"] == "EXITED"
    assert rest.get(f"/pods/{ended}").status_code == 404
    assert rest.get("/network-volumes").json()["networkVolumes"][0]["id"] == "vol1"
