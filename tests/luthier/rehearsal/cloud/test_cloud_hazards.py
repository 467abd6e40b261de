"""Evictions, lost hosts, lost answers, cut cables, and what can be asked afterwards."""

import socket
import threading

import httpx
import pytest
import requests
from simulated import GPU, image, until

from luthier.rehearsal.cloud.container import members

SAVING = """
import pathlib, time
print("up", flush=True)
for step in range(10**6):
    folder = pathlib.Path(f"step-{step}")
    folder.mkdir()
    (folder / "weights").write_text("w")
    (folder / "manifest").write_text("m")
    time.sleep(0.01)
"""


def test_an_eviction_with_notice_lets_the_container_flush(cloud, rent_up, sdk):
    pod_id = rent_up()
    cloud.evict(pod_id, notice_s=5)
    assert sdk.get_pod(pod_id)["desiredStatus"] == "EXITED"  # the word comes first, the end later
    until(lambda: cloud.pod(pod_id).graves)
    assert (cloud.disk_after_death(pod_id) / "flushed").exists() and not cloud.pod(pod_id).disk.exists()


def test_one_without_notice_does_not(cloud, rent_up):
    pod_id = rent_up()
    cloud.evict(pod_id, notice_s=0)
    assert members(pod_id) == [] and not (cloud.disk_after_death(pod_id) / "flushed").exists()


def test_notice_ends_with_a_kill(cloud, rent_up):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(99)"
    cloud.images["deaf"] = image(deaf)
    pod_id = rent_up(image="deaf")
    process = cloud.pod(pod_id).container.process
    cloud.evict(pod_id, notice_s=0.1)
    until(lambda: cloud.pod(pod_id).container is None)
    assert process.returncode == -9


def test_outbid_may_also_terminate(cloud, rent_up, rest, sdk):
    cloud.timing.linger_s = 30
    pod_id = rent_up()
    cloud.evict(pod_id, notice_s=0, how="terminate")
    found = sdk.get_pod(pod_id)
    assert found["desiredStatus"] == "TERMINATED" and found["lastStatusChange"].startswith("Outbid: ")
    assert rest.get(f"/pods/{pod_id}").json()["status"] == "TERMINATED" and sdk.get_pods() == []


def test_a_lost_host_goes_on_costing_money(cloud, rent_up, rest, sdk):
    pod_id = rent_up()
    cloud.vanish(pod_id)
    assert members(pod_id) == []
    found = sdk.get_pod(pod_id)
    assert (found["desiredStatus"], found["runtime"]) == ("RUNNING", None)
    assert rest.get(f"/pods/{pod_id}").json()["status"] == "STARTING"
    assert [pod.id for pod in cloud.running_pods()] == [pod_id]
    sdk.terminate_pod(pod_id)
    assert cloud.running_pods() == []


def test_maintenance_says_no_cause_and_leaves_a_stale_runtime(cloud, rent_up, sdk):
    cloud.timing.stale_s = 0.3
    pod_id = rent_up()
    cloud.maintain(pod_id)
    found = sdk.get_pod(pod_id)
    assert found["lastStatusChange"].startswith("Exited by Runpod: ") and found["runtime"] is not None
    until(lambda: sdk.get_pod(pod_id)["runtime"] is None)


def test_a_new_pod_is_not_found_at_first(cloud, rent, rest, sdk):
    cloud.timing.visibility_lag_s = 0.5
    pod_id = rent()
    assert sdk.get_pod(pod_id) is None and sdk.get_pods() == []
    assert rest.delete(f"/pods/{pod_id}").status_code == 404 and cloud.running_pods()
    until(lambda: sdk.get_pod(pod_id))


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_a_create_may_succeed_though_its_answer_is_lost(cloud, sdk, fault):
    cloud.faults.add(fault, on="create", carried_out=True)
    with pytest.raises((KeyError, requests.exceptions.ConnectionError)):
        sdk.create_pod("luthier-p1", "waiting", GPU)
    assert cloud.creates("luthier-p1") == 1 and len(sdk.get_pods()) == 1


def test_terminate_may_fail_at_first(cloud, rent, rest):
    pod_id = rent()
    cloud.faults.add("502", on="terminate", times=2)
    assert [rest.delete(f"/pods/{pod_id}").status_code for _ in range(3)] == [502, 502, 204]


def test_faults_and_calls_that_do_not_exist_are_refused(cloud):
    for kind, on in [("503x", None), ("500", "creat")]:
        with pytest.raises(ValueError, match="unknown"):
            cloud.faults.add(kind, on)


def test_while_the_api_is_cut_off_pods_go_on(cloud, rent_up, rest):
    pod_id = rent_up()
    cloud.partition_api()
    with pytest.raises(httpx.TransportError):
        rest.get("/pods")
    assert cloud.pod(pod_id).up and httpx.get(f"{cloud.url}/__fake__/state").json()["pods"][0]["up"]
    cloud.partition_api(False)
    assert rest.get(f"/pods/{pod_id}").status_code == 200


def test_a_cable_can_be_cut_and_mended(cloud):
    with socket.create_server(("127.0.0.1", 0)) as echo:
        threading.Thread(target=_echo, args=(echo,), daemon=True).start()
        proxy = cloud.proxy(*echo.getsockname())
        with socket.create_connection(("127.0.0.1", proxy.port)) as link:
            link.sendall(b"one")
            assert link.recv(10) == b"one"
            proxy.cut()
            link.settimeout(10)
            assert link.recv(10) == b""
        with socket.create_connection(("127.0.0.1", proxy.port)) as link:
            assert link.recv(10) == b""
        proxy.mend()
        with socket.create_connection(("127.0.0.1", proxy.port)) as link:
            link.sendall(b"two")
            assert link.recv(10) == b"two"


def _echo(server: socket.socket) -> None:
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return
        with link:
            while data := link.recv(100):
                link.sendall(data)


def test_a_watch_strikes_between_two_writes(cloud, rent):
    cloud.images["saving"] = image(SAVING)
    watch = cloud.watch("luthier-", lambda pod: (pod.disk / "step-3").exists())
    pod_id = rent(image="saving")
    assert watch.wait(30).id == pod_id
    disk = cloud.disk_after_death(pod_id)
    assert (disk / "step-3").exists() and not (disk / "step-40").exists()
    assert cloud.pod(pod_id).said.startswith("Outbid: ") and not cloud.running_pods()


def test_a_watch_can_strike_before_the_container_starts_and_do_something_else(cloud, rent):
    cloud.timing.pull_s = 60
    watch = cloud.watch("luthier-", lambda pod: not pod.up, lambda pod: cloud.vanish(pod.id))
    pod_id = rent()
    assert watch.wait(30).id == pod_id and cloud.pod(pod_id).host_lost
    broken = cloud.watch("luthier-", lambda pod: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        broken.wait(30)


def test_two_live_pods_of_one_run_are_told(cloud, rent):
    one = rent("luthier-h-r-p1")
    cloud.evict(one, 0)
    two = rent("luthier-h-r-p2")
    assert cloud.overlaps("luthier-h-r-") == []
    three = rent("luthier-h-r-p3")
    rent("luthier-h-other-p1")
    assert cloud.overlaps("luthier-h-r-") == [(two, three)]


def test_the_controls_by_http(cloud, rent_up, rest):
    pod_id = rent_up()
    controls = httpx.Client(base_url=f"{cloud.url}/__fake__")
    assert controls.post("/faults", json={"kind": "502", "on": "list"}).status_code == 200
    assert rest.get("/pods").status_code == 502
    assert controls.post("/evict", json={"pod_id": pod_id, "notice_s": 0}).status_code == 200
    assert controls.get("/state").json()["pods"][0]["status"] == "EXITED"
    assert controls.post("/evict", json={"pod_id": "none"}).status_code == 400
    assert controls.post("/evict", json={"pod": pod_id}).status_code == 400
    assert controls.get("/nonsense").status_code == 404


def test_a_pod_on_a_full_host_cannot_be_resumed(cloud, rent_up, rest):
    cloud.market.free = {(GPU, "on_demand"): 1}
    pod_id = rent_up()
    cloud.provider.stop(cloud.pod(pod_id), notice_s=0)
    cloud.market.free = {(GPU, "on_demand"): 0}
    refused = rest.post(f"/pods/{pod_id}/action", json={"action": "start"})
    assert refused.status_code == 400 and "not enough free GPUs" in refused.json()["detail"]
