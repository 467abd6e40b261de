"""What runs in a pod, and what it leaves."""

import json
import sys

import pytest
from simulated import GPU, image, said, until

from luthier.rehearsal.cloud import Cloud, Image, Timing
from luthier.rehearsal.cloud.account import Account, Volume
from luthier.rehearsal.cloud.container import members
from luthier.rehearsal.cloud.pod import Order

SHOW = "import json, os, time; print(json.dumps(dict(os.environ)), flush=True); time.sleep(600)"
CRASH = "import pathlib; pathlib.Path('starts').open('a').write('x'); print('up', flush=True)"
FAMILY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("up", flush=True)
time.sleep(600)
"""
END_MYSELF = """
import json, os, time, urllib.request
url, pod, key = (os.environ[name] for name in ("RUNPOD_API_BASE_URL", "RUNPOD_POD_ID", "RUNPOD_API_KEY"))
headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
def call(path, method, body):
    try:
        data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(urllib.request.Request(url + path, data, headers, method=method)) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return str(error.code)
print("list", call("/v2/pods", "GET", None), flush=True)
print("rest", call("/v2/pods/" + pod, "GET", None)[:3], flush=True)
query = "mutation($i: PodTerminateInput!) { podTerminate(input: $i) }"
print("graphql", call("/graphql", "POST", {"query": query, "variables": {"i": {"podId": pod}}}), flush=True)
time.sleep(600)
"""


def environment(cloud: Cloud, pod_id: str) -> dict[str, str]:
    return json.loads(until(lambda: said(cloud, pod_id))[0])


def test_only_the_given_environment_reaches_a_container(cloud, rent, monkeypatch):
    monkeypatch.setenv("LUTHIER_PLANTED", "must stay at home")
    cloud.images["show"] = image(SHOW)
    cloud.account.secrets["hf"] = "hf_token"
    pod_id = rent(image="show", env={"TOKEN": "{{ RUNPOD_SECRET_hf }}", "NONE": "{{ RUNPOD_SECRET_x }}",
                                     "RUNPOD_API_KEY": "mine"})  # fmt: skip
    env = environment(cloud, pod_id)
    pod = cloud.pod(pod_id)
    assert env["TOKEN"] == "hf_token" and env["NONE"] == "{{ RUNPOD_SECRET_x }}"
    assert env["RUNPOD_API_KEY"] == pod.key and env["RUNPOD_POD_ID"] == pod_id and env["HOME"] == str(pod.disk)
    ours = {"TOKEN", "NONE", "PATH", "HOME", "TMPDIR", "LANG"}
    assert {name for name in env if not name.startswith("RUNPOD_")} - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"} == ours
    assert "hf_token" not in repr(pod) and pod.key not in repr(pod)


def test_the_mount_path_stands_for_the_volumes_folder(cloud, rent):
    cloud.images["show"] = image(SHOW)
    cloud.account.volumes = (Volume("vol1"),)
    env = {"LUTHIER_MODELS": "/workspace/models", "OTHER": "/workspaces"}
    pod_id = rent(image="show", mounts={"network": [{"volumeId": "vol1", "path": "/workspace"}]}, env=env)
    found = environment(cloud, pod_id)
    assert found["LUTHIER_MODELS"] == str(cloud.root / "volumes" / "vol1" / "models")
    assert found["LUTHIER_VOLUME"] == str(cloud.root / "volumes" / "vol1")
    assert found["OTHER"] == "/workspaces" and found["RUNPOD_VOLUME_ID"] == "vol1"


def test_args_replace_the_images_command(cloud, rent):
    pod_id = rent(args=f"{sys.executable} -c \"print('other words')\"")
    until(lambda: "other words" in said(cloud, pod_id))


def test_a_container_that_exits_is_started_again_and_billed(cloud, rent, rest):
    cloud.images["crash"] = image(CRASH)
    pod_id = rent(image="crash")
    until(lambda: cloud.pod(pod_id).restarts >= 2)
    assert cloud.running_pods() and (cloud.pod(pod_id).disk / "starts").read_text().startswith("xx")
    cloud.images["missing"] = Image(("no-such-program",))
    broken = rent(image="missing")
    until(lambda: cloud.pod(broken).restarts >= 2)


def test_uptime_begins_anew_with_the_container(cloud, rest, rent_up):
    pod_id = rent_up()
    cloud.clock.advance(1000)
    assert rest.get(f"/pods/{pod_id}").json()["runtime"]["uptime"] >= 1000
    rest.post(f"/pods/{pod_id}/action", json={"action": "restart"})
    until(lambda: said(cloud, pod_id).count("up") == 2)
    assert rest.get(f"/pods/{pod_id}").json()["runtime"]["uptime"] < 1000


def test_every_process_dies_also_one_with_a_session_of_its_own(cloud, rent_up):
    cloud.images["family"] = image(FAMILY)
    pod_id = rent_up(image="family")
    assert len(members(pod_id)) == 3
    cloud.pod(pod_id).container.process.kill()  # the first process alone, as the kernel ends a container
    until(lambda: cloud.pod(pod_id).restarts == 1 and len(members(pod_id)) == 3)
    cloud.evict(pod_id, 0)
    assert members(pod_id) == []


def test_leaving_the_cloud_leaves_nothing():
    with pytest.raises(KeyboardInterrupt), Cloud({"family": image(FAMILY)}, timing=Timing(pull_s=0)) as cloud:
        pod = cloud.provider.create(Order("luthier-p1", "family", GPU))
        until(lambda: "up" in said(cloud, pod.id))
        assert len(members(pod.id)) == 3
        raise KeyboardInterrupt
    assert members(pod.id) == []
    assert not cloud.root.exists()


def test_an_image_that_cannot_be_had_ends_the_pod_without_a_cause(cloud, rent, sdk):
    cloud.faults.add("image_fails")
    pods = [rent(), rent(image="nobody/knows:it")]
    until(lambda: not cloud.running_pods())
    for pod_id in pods:
        assert sdk.get_pod(pod_id)["lastStatusChange"].startswith("Exited by Runpod: ")
        assert said(cloud, pod_id, "system")[-1].startswith("error pulling image")


def test_a_pod_may_never_be_ready(cloud, rent, rent_up, rest):
    cloud.faults.add("never_ready")
    stuck = rent()
    rent_up()
    assert rest.get(f"/pods/{stuck}").json()["status"] == "PROVISIONING"


@pytest.mark.parametrize(
    ("rights", "words"),
    [
        ("all", ["list 403", 'rest {"i', 'graphql {"data":{"podTerminate":null}}']),
        ("graphql", ["list 403", "rest 403", 'graphql {"data":{"podTerminate":null}}']),
        ("none", ["list 403", "rest 403", "access denied"]),
    ],
)
def test_a_pod_may_end_itself_as_far_as_its_own_key_goes(rights, words):
    account = Account(pod_rights=rights)
    with Cloud({"end": image(END_MYSELF)}, account=account, timing=Timing(pull_s=0, stop_grace_s=1)) as cloud:
        pod = cloud.provider.create(Order("luthier-p1", "end", GPU))
        if rights == "none":
            until(lambda: "access denied" in " ".join(said(cloud, pod.id)))
        else:
            until(lambda: pod.gone)
        heard = until(lambda: len(said(cloud, pod.id)) >= 2 and said(cloud, pod.id))
        assert heard[0] == words[0] and heard[1] == words[1]
        assert pod.live == (rights == "none")
