"""A run's folder through a bucket: whole or as before, newest first, and of one home at a time."""

import time
from pathlib import Path

import pytest

from luthier.bucket import Bucket
from luthier.compute.orders import Remote
from luthier.compute.owner import GONE_AFTER_S, Owner
from luthier.errors import AlreadyRunning, StorageError, StorageUnavailable
from luthier.run_folder import RunFolder
from luthier.sharing.folder import SharedFolder, listed
from luthier.storage import append_jsonl, read_json, write_bytes, write_json


class HomeOf:
    """A home's folder of one run, and its part in the storage."""

    def __init__(self, bucket: Bucket, root: Path):
        self.run = RunFolder(root / "runs" / "tiny-0123456789")
        self.remote = Remote(bucket, self.run.run_id)
        self.owner = Owner(self.remote, root.name)

    @property
    def shared(self) -> SharedFolder:
        return SharedFolder(self.remote, self.run, self.owner)

    def hand_over(self) -> None:
        """As a run that ends: everything is sent, and nobody has to wait for this home."""
        self.shared.send()
        self.owner.release()

    def work(self, stage: str, content: str) -> None:
        write_bytes(self.run.root / stage / "metrics.json", content.encode())
        append_jsonl(self.run.events, {"kind": "stage", "stage": stage})
        self.run.complete(stage, "key", {"n": 1}, 1.0)


@pytest.fixture
def homes(bucket, tmp_path, monkeypatch) -> tuple[HomeOf, HomeOf]:
    monkeypatch.setattr("luthier.compute.owner.SETTLE_S", 0)  # nobody else comes at the same moment
    return HomeOf(bucket, tmp_path / "a"), HomeOf(bucket, tmp_path / "b")


def test_what_one_home_did_is_brought_to_the_other_and_back(homes):
    first, second = homes
    first.work("baseline", "1")
    write_json(first.run.root / "attempts" / "1" / "worker.json", {"pid": 1})
    first.hand_over()
    assert second.shared.bring()
    assert (second.run.root / "baseline" / "metrics.json").read_text() == "1"
    assert second.run.completed("baseline", "key") == {"n": 1}
    assert not (second.run.root / "attempts").exists()
    second.work("train", "2")
    second.hand_over()
    assert first.shared.bring()
    assert first.run.events.read_bytes() == second.run.events.read_bytes()
    assert not first.shared.bring()
    assert not second.shared.bring()


def test_only_what_changed_is_sent_and_what_was_replaced_goes(homes):
    first, _ = homes
    first.work("baseline", "1")
    first.shared.send()
    before = {stored.key: stored.modified for stored in first.remote.bucket.list(first.remote.root)}
    first.shared.send()
    assert {stored.key: stored.modified for stored in first.remote.bucket.list(first.remote.root)} == before
    write_bytes(first.run.root / "baseline" / "metrics.json", b"3")
    first.shared.send()
    after = {stored.key for stored in first.remote.bucket.list(first.remote.root)}
    assert len(after) == len(before)
    assert len(after - before.keys()) == 1


def test_a_marker_that_the_other_home_does_not_have_does_not_count(homes):
    first, second = homes
    first.work("baseline", "1")
    first.hand_over()
    first.work("train", "never sent")
    second.shared.bring()
    second.work("report", "2")
    second.hand_over()
    first.shared.bring()
    assert first.run.completed("train", "key") is None
    assert first.run.completed("report", "key") is not None


def test_contents_without_their_list_count_for_nothing(homes):
    first, second = homes
    first.work("baseline", "1")
    first.shared.send()
    first.remote.bucket.delete(f"{first.remote.root}/folder.json")
    assert not second.shared.bring()
    assert not second.run.root.exists() or not second.run.marker("baseline").exists()


def test_a_content_that_is_not_what_was_sent_is_refused(homes):
    first, second = homes
    first.work("baseline", "1")
    first.shared.send()
    (entry,) = (entry for entry in listed(first.remote).files if entry.path == "baseline/metrics.json")
    first.remote.bucket.put(entry.key, b"2")
    with pytest.raises(StorageUnavailable, match="hash"):
        second.shared.bring()
    assert second.run.completed("baseline", "key") is None


def test_a_list_that_leads_out_of_the_folder_is_refused(homes):
    first, second = homes
    first.work("baseline", "1")
    first.shared.send()
    there = listed(first.remote).model_dump()
    there["files"][0]["path"] = "../../escaped"
    first.remote.put_json(f"{first.remote.root}/folder.json", there)
    with pytest.raises(StorageError, match="outside"):
        second.shared.bring()


def test_who_was_taken_over_sends_nothing(homes):
    first, second = homes
    first.owner.claim()
    first.work("baseline", "1")
    first.shared.send()
    key = f"{first.remote.root}/owner.json"
    first.remote.put_json(key, read_owner(first) | {"time": time.time() - GONE_AFTER_S})
    second.owner.claim_when_gone()
    first.work("train", "2")
    with pytest.raises(AlreadyRunning, match="Process"):
        first.shared.send()
    assert not listed(first.remote).has("stages/train.json")


def test_a_home_that_shows_itself_is_not_taken_over(homes, monkeypatch):
    first, second = homes
    first.owner.claim()
    monkeypatch.setattr("luthier.compute.owner.LOOK_S", 0)
    other = second.owner.other

    def shows_itself():
        found = other()
        first.remote.put_json(f"{first.remote.root}/owner.json", read_owner(first) | {"time": time.time()})
        return found

    with monkeypatch.context() as patched, pytest.raises(AlreadyRunning):
        patched.setattr(second.owner, "other", shows_itself)
        second.owner.claim_when_gone()
    first.owner.release()
    second.owner.claim_when_gone()
    assert read_owner(first)["home"] == "b"


def read_owner(home: HomeOf) -> dict:
    return home.remote.get_json(f"{home.remote.root}/owner.json")


def test_the_record_of_what_was_sent_may_be_lost(homes):
    first, _ = homes
    first.work("baseline", "1")
    first.shared.send()
    version = read_json(first.run.root / "shared.json")["version"]
    (first.run.root / "shared.json").unlink()
    assert first.shared.bring()
    assert read_json(first.run.root / "shared.json")["version"] == version
