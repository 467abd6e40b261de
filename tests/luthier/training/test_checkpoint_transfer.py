"""Checkpoints through a bucket, a folder's and a real S3 service's alike; no model needed."""

import itertools
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from luthier.bucket import Bucket
from luthier.errors import AlreadyRunning
from luthier.models.weights import ADAPTER
from luthier.training.checkpoint_listing import listed_files
from luthier.training.checkpoint_restore import look, restore
from luthier.training.checkpoint_upload import rotate, snapshot, upload
from luthier.training.checkpoint_writer import clear_leftovers, write
from luthier.training.checkpoints import STATES, verify

REQUIRED = {*ADAPTER, *STATES["trl"]}

AT = "runs/one/checkpoints"


def saved(folder: Path, step: int, attempt: int = 1, best: int | None = None, **fingerprint) -> Path:
    """A local checkpoint whose files differ from step to step and from attempt to attempt."""

    def fill(temporary: Path) -> None:
        for name in REQUIRED:
            (temporary / name).write_text(f"{name} {step} {attempt} " * 100)

    about = {"validation_loss": None, "best_step": best, "fingerprint": fingerprint}
    return write(folder, step, attempt, fill, about, lambda: None)


def sent(bucket: Bucket, folder: Path, step: int, attempt: int = 1, **about) -> str:
    return upload(saved(folder, step, attempt, **about), bucket, AT, lambda: None)


def in_bucket(bucket: Bucket) -> list[str]:
    return sorted({stored.key.split("/")[3] for stored in bucket.list(AT)})


@pytest.fixture(scope="module", autouse=True)
def _imports_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[3]), str(Path(__file__).parent)]))
        FORKS.set_forkserver_preload(["test_checkpoint_transfer"])
        yield


@pytest.fixture
def pod(tmp_path) -> Path:
    """Where a training writes its checkpoints."""
    return tmp_path / "pod"


@pytest.fixture
def other(tmp_path) -> Path:
    """Where another machine goes on."""
    (tmp_path / "other").mkdir()
    return tmp_path / "other"


def test_another_machine_gets_the_newest_and_only_that(bucket, pod, other):
    for step in (10, 20, 30):
        sent(bucket, pod, step, seed=17)
    checkpoint, passed_over = restore(bucket, AT, other, {"seed": 17})
    assert passed_over == [] and checkpoint == verify(other / "step-00000030-a001")
    assert [path.name for path in other.iterdir()] == ["step-00000030-a001"]
    for path in checkpoint.path.iterdir():
        assert path.read_bytes() == (pod / checkpoint.path.name / path.name).read_bytes()


def test_nothing_there(bucket, other):
    assert restore(bucket, AT, other) == look(bucket, AT) == (None, [])
    rotate(bucket, AT, 1, None)


def test_it_comes_with_the_best_that_it_counts_on(bucket, pod, other):
    sent(bucket, pod, 10, best=10), sent(bucket, pod, 20, best=10), sent(bucket, pod, 30, best=10)
    restore(bucket, AT, other)
    assert sorted(path.name for path in other.iterdir()) == ["step-00000010-a001", "step-00000030-a001"]


def test_what_is_whole_here_is_not_downloaded_again(bucket, pod, monkeypatch):
    sent(bucket, pod, 10), sent(bucket, pod, 20, best=10)
    (pod / "step-00000010-a001" / "optimizer.pt").write_text("flipped")
    asked = []
    download = Bucket.download
    monkeypatch.setattr(Bucket, "download", lambda self, key, to: asked.append(key) or download(self, key, to))
    checkpoint, _ = restore(bucket, AT, pod)
    assert checkpoint.step == 20 and verify(pod / "step-00000010-a001")
    assert len(asked) == len(REQUIRED) and all("step-00000010-a001" in key for key in asked)


@pytest.mark.parametrize("what", ["a byte flipped", "cut short", "gone", "manifest flipped", "manifest gone"])
def test_a_torn_one_is_passed_over_and_named(what, bucket, pod, other):
    sent(bucket, pod, 10), sent(bucket, pod, 20)
    name = "manifest.json" if "manifest" in what else "optimizer.pt"
    key = f"{AT}/step-00000020-a001/{name}"
    content = bucket.get(key)
    if "gone" in what:
        bucket.delete(key)
    else:
        bucket.put(key, content[:-10] if "cut" in what else b"X" + content[1:])
    checkpoint, [torn] = restore(bucket, AT, other)
    assert (checkpoint.step, torn.path.name) == (10, "step-00000020-a001")
    assert name.split(".")[0] in torn.reason
    seen, _ = look(bucket, AT)
    assert seen.about.step == (20 if what == "a byte flipped" else 10), "sizes and manifests tell look() all but that"


def test_one_that_counts_on_a_torn_best_is_passed_over(bucket, pod, other):
    sent(bucket, pod, 10), sent(bucket, pod, 20, best=20), sent(bucket, pod, 30, best=20)
    bucket.put(f"{AT}/step-00000020-a001/optimizer.pt", bucket.get(f"{AT}/step-00000010-a001/optimizer.pt"))
    checkpoint, passed_over = restore(bucket, AT, other)
    assert checkpoint.step == 10 and "step 20, is torn" in passed_over[0].reason
    assert [torn.path.name for torn in passed_over] == ["step-00000030-a001", "step-00000020-a001"]


def test_one_of_another_training_is_passed_over(bucket, pod, other):
    sent(bucket, pod, 10, seed=17), sent(bucket, pod, 20, seed=18)
    checkpoint, [torn] = restore(bucket, AT, other, {"seed": 17})
    assert checkpoint.step == 10 and "seed: 18 there, 17 here" in torn.reason


def test_a_superseded_attempt_publishes_nothing(bucket, pod, other):
    def superseded():
        assert len(bucket.list(AT)) == len(REQUIRED), "it was asked before the files were there"
        raise AlreadyRunning("superseded")

    with pytest.raises(AlreadyRunning):
        upload(saved(pod, 10), bucket, AT, superseded)
    checkpoint, [half] = restore(bucket, AT, other)
    assert checkpoint is None and "no manifest" in half.reason


def test_an_upload_that_broke_off_goes_on(bucket, pod, monkeypatch):
    checkpoint, stored = saved(pod, 10), []
    put = Bucket.put

    def counted(self, key, content):
        if len(stored) == 3:
            raise InterruptedError
        stored.append(key)
        put(self, key, content)

    monkeypatch.setattr(Bucket, "put", counted)
    with pytest.raises(InterruptedError):
        upload(checkpoint, bucket, AT, lambda: None)
    first, stored[:] = list(stored), []
    with pytest.raises(InterruptedError):
        upload(checkpoint, bucket, AT, lambda: None)
    assert not set(first) & set(stored) and look(bucket, AT)[0] is None


def test_rotation_in_the_middle_of_an_upload_breaks_nothing(bucket, pod, other):
    checkpoint = saved(pod, 10)
    copy = snapshot(checkpoint)
    assert snapshot(checkpoint) == copy
    shutil.rmtree(checkpoint)
    assert upload(copy, bucket, AT, lambda: None) == checkpoint.name
    assert restore(bucket, AT, other)[0].step == 10
    assert list(pod.iterdir()) == []


def test_a_snapshot_of_what_is_gone_leaves_nothing(pod):
    checkpoint = saved(pod, 10)
    shutil.rmtree(checkpoint)
    with pytest.raises(FileNotFoundError):
        snapshot(checkpoint)
    assert list(pod.iterdir()) == []


def test_what_a_killed_process_left_is_cleared(pod):
    snapshot(saved(pod, 10))
    (pod / ".fetching-step-00000020-a001").mkdir()
    clear_leftovers(pod)
    assert [path.name for path in pod.iterdir()] == ["step-00000010-a001"]


def test_rotation_keeps_the_newest_and_the_best(bucket, pod):
    for step in (10, 20, 30, 40, 50):
        sent(bucket, pod, step)
    rotate(bucket, AT, 2, best_step=20)
    assert in_bucket(bucket) == ["step-00000020-a001", "step-00000040-a001", "step-00000050-a001"]


def test_rotation_removes_what_dead_attempts_left_by_half(bucket, pod):
    sent(bucket, pod, 10, attempt=1)
    for attempt in (1, 2, 3):
        bucket.put(f"{AT}/step-00000020-a{attempt:03d}/optimizer.pt", b"half")
    sent(bucket, pod, 15, attempt=2)
    rotate(bucket, AT, 2, None)
    assert in_bucket(bucket) == ["step-00000010-a001", "step-00000015-a002", "step-00000020-a003"]


def test_rotation_never_counts_what_was_passed_over(bucket, pod, other):
    """Step 100 is torn, so attempt 2 went on from 50 and has come to 60."""
    sent(bucket, pod, 50), sent(bucket, pod, 100)
    bucket.put(f"{AT}/step-00000100-a001/optimizer.pt", b"torn")
    sent(bucket, pod, 60, attempt=2)
    rotate(bucket, AT, 1, None)
    assert restore(bucket, AT, other)[0].step == 60
    sent(bucket, pod, 110, attempt=2)
    rotate(bucket, AT, 1, None)
    assert in_bucket(bucket) == ["step-00000110-a002"]


def test_rotation_keeps_the_later_attempt_of_a_step(bucket, pod):
    sent(bucket, pod, 10, attempt=1), sent(bucket, pod, 10, attempt=2)
    rotate(bucket, AT, 1, best_step=10)
    assert in_bucket(bucket) == ["step-00000010-a002"]


FORKS = multiprocessing.get_context("forkserver")
"""obstore's threads do not survive a plain fork."""

MOVES = {"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}


def dying(at: int, environment: dict[str, str], work, address: tuple, folder: Path) -> None:
    """Do `work`, and SIGKILL this process at the `at`-th thing that it does to the bucket or to files."""
    count = itertools.count(1)

    def tick() -> None:
        if next(count) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def ticking(method):
        def call(*given, **named):
            tick()
            result = method(*given, **named)
            tick()
            return result

        return call

    os.environ |= environment
    for name in ("put", "get", "list", "delete", "download"):
        setattr(Bucket, name, ticking(getattr(Bucket, name)))
    bucket = Bucket(*address)
    sys.addaudithook(lambda event, _: tick() if event in MOVES else None)
    work(bucket, folder)


def send(bucket: Bucket, folder: Path) -> None:
    newest = max(folder.glob("step-*"))
    upload(snapshot(newest), bucket, AT, lambda: None)
    rotate(bucket, AT, 1, None)


def fetch(bucket: Bucket, folder: Path) -> None:
    restore(bucket, AT, folder)


def killed(bucket: Bucket, at: int, work, folder: Path) -> bool:
    address = (bucket.uri, bucket.endpoint, bucket.region)
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    process = FORKS.Process(target=dying, args=(at, environment, work, address, folder))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def moments(bucket: Bucket) -> Iterator[int]:
    """Every one in a folder; fewer where each costs a second."""
    return itertools.count(1, 1 if bucket.endpoint is None else 9)


def test_an_upload_killed_at_any_moment_loses_no_complete_checkpoint(bucket, pod, other):
    sent(bucket, pod, 1)
    there, outcomes = 1, set()
    for step, at in enumerate(moments(bucket), start=2):
        saved(pod, step)
        was_killed = killed(bucket, at, send, pod)
        reached = look(bucket, AT)[0].about.step
        outcomes.add(reached == step)
        assert reached in (there, step)
        torn = [name for name, files in listed_files(bucket, AT).items() if "manifest.json" in files and len(files) < 7]
        assert not torn, "a manifest stands without its files"
        there = reached
        if not was_killed:
            break
    assert outcomes == {True, False}, "no kill came before the manifest"
    assert reached == step and in_bucket(bucket) == [f"step-{step:08d}-a001"], "what was left by half is there still"
    assert restore(bucket, AT, other)[0].step == step


def test_a_restore_killed_at_any_moment_goes_on(bucket, pod, tmp_path):
    sent(bucket, pod, 1), sent(bucket, pod, 2, best=1)
    for at in moments(bucket):
        folder = tmp_path / str(at)
        folder.mkdir()
        was_killed = killed(bucket, at, fetch, folder)
        assert all(verify(path) for path in folder.glob("step-*")), "a half one got its name"
        assert restore(bucket, AT, folder)[0] == verify(folder / "step-00000002-a001")
        assert verify(folder / "step-00000001-a001")
        if not was_killed:
            break
