"""One order in a pod, without a model: what is told of its end, whatever happens to the storage and to the disk."""

import errno

import pytest

from luthier.bucket import Bucket
from luthier.compute.orders import Entry, Order, Remote
from luthier.errors import StorageUnavailable
from luthier.pod import attempt as attempt_module
from luthier.pod.attempt import Attempt
from luthier.run_folder import RunFolder
from luthier.settings import Settings

POD = "luthier-0a1b2c3d-run-1-p1"


class Flaky(Bucket):
    """Takes no object of this name for so many times."""

    refuses, times = "", 0

    def put(self, key, content):
        if self.refuses and key.endswith(self.refuses) and self.times > 0:
            self.times -= 1
            raise StorageUnavailable("the storage does not answer")
        super().put(key, content)


@pytest.fixture
def remote(tmp_path, monkeypatch):
    monkeypatch.setattr(attempt_module, "SEND_AGAIN_S", 0.01)
    return Remote(Flaky(str(tmp_path / "storage")), "run-1")


@pytest.fixture
def order(remote, tmp_path):
    """`order(pod=…)`: the attempt's order is given, by default to this pod. Its only input is missing."""

    def give(must_stop=lambda: False, attempt=1, number=1):
        missing = Entry(path="spec.yaml", size=3, sha256="0", key="runs/run-1/files/missing")
        given = Order(kind="train", attempt=attempt, pod=POD, inputs=[missing])
        remote.give(given, number)
        settings = Settings(home=tmp_path / "pod", heartbeat_s=0.05)
        run = RunFolder(settings.runs / "run-1")
        return Attempt(remote, run, given, settings, settings.models, must_stop)

    return give


def result(remote, attempt=1):
    return remote.get_json(remote.key(attempt, "result.json"))


def test_what_cannot_be_begun_is_told(order, remote):
    order().run()
    told = result(remote)
    assert told["error"]["type"] == "FileNotFoundError" and "files/missing" in told["error"]["what"]
    assert (told["leaving"], told["files"]) == (False, [])
    assert remote.get_json(remote.key(1, "heartbeat.json"))["beat"] >= 1


def test_a_full_disk_names_the_setting(order, remote, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(attempt_module, "fetch", full)
    order().run()
    assert result(remote)["error"]["type"] == "HomeError"
    assert result(remote)["error"]["where"] == "luthier.toml: pod_disk_gb"


@pytest.mark.parametrize("name", ["result.json", "heartbeat.json"])
def test_the_end_is_told_once_the_storage_answers_again(order, remote, name):
    attempt = order()
    remote.bucket.refuses, remote.bucket.times = name, 3
    attempt.run()
    assert "error" in result(remote) and remote.bucket.times == 0


def test_a_pod_that_has_to_leave_waits_for_no_storage(order, remote):
    attempt = order(must_stop=lambda: True)
    remote.bucket.refuses, remote.bucket.times = "result.json", 10**6
    with pytest.raises(StorageUnavailable):
        attempt.run()


def test_a_container_that_starts_again_ends_what_it_had_begun(order, remote):
    attempt = order()
    remote.put_json(remote.key(1, "heartbeat.json"), {"beat": 5})
    attempt.run()
    assert "started again" in result(remote)["ended"]
    assert remote.get_json(remote.key(1, "heartbeat.json")) == {"beat": 5}


def test_a_container_that_starts_again_leaves_a_result_alone(order, remote):
    attempt = order()
    done = {"result": {"steps": 66}, "leaving": False, "files": []}
    remote.put_json(remote.key(1, "heartbeat.json"), {"beat": 5})
    remote.put_json(remote.key(1, "result.json"), done)
    attempt.run()
    assert result(remote) == done


def test_one_that_was_superseded_tells_nothing_and_the_pod_goes_on(order, remote):
    old = order()
    order(attempt=2)
    old.run()
    assert result(remote) is None and remote.get_json(remote.key(1, "heartbeat.json")) is None


def test_one_that_is_superseded_at_its_very_end_tells_nothing(order, remote, monkeypatch):
    old = order()
    delivered = old._delivered

    def overtaken(ended):
        content = delivered(ended)
        order(attempt=2)
        return content

    monkeypatch.setattr(old, "_delivered", overtaken)
    old.run()
    assert result(remote) is None
