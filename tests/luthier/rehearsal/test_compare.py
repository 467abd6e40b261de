"""Each comparison between the straight and the interrupted run can fail, and says what differs."""

import os
import time

import pytest

from luthier.bucket import Bucket
from luthier.events import EventLog
from luthier.rehearsal.compare import double_writers, little_lost, same_results
from luthier.run_folder import RunFolder
from luthier.storage import write_json, write_jsonl

HELD = {"training": {"samples_order_sha256": "a"}, "adapter_sha256": "b"}


def finished(root, report=HELD, loss=1.0, answer="yes") -> RunFolder:
    run = RunFolder(root)
    write_json(run.report / "report.json", report)
    EventLog(run.events).write("metrics", step=1, attempt=2, train_loss=loss)
    for folder in (run.baseline, run.evaluation):
        write_jsonl(folder / "predictions.jsonl", [{"id": "1", "output": answer}])
    return run


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({}, None),
        ({"report": HELD | {"training": {"samples_order_sha256": "x"}}}, "the same samples in the same order"),
        ({"report": HELD | {"adapter_sha256": "x"}}, "the same adapter, bit for bit"),
        ({"loss": 1.0000001}, "the same losses at each of 1 steps"),
        ({"answer": "no"}, "the same 2 answers before and after"),
    ],
)
def test_one_difference_fails_one_check(tmp_path, change, fails):
    checks = same_results(finished(tmp_path / "one"), finished(tmp_path / "two", **change))
    assert [check.name for check in checks if not check.held] == ([fails] if fails else [])


def test_the_attempt_that_did_a_step_makes_no_difference(tmp_path):
    one, other = finished(tmp_path / "one"), finished(tmp_path / "two")
    other.events.unlink()
    EventLog(other.events).write("metrics", step=1, attempt=7, train_loss=1.0)
    assert all(check.held for check in same_results(one, other))


def test_lost_steps_are_held_against_the_interval():
    told = [{"lost_steps": lost} for lost in (None, 3, 12)]
    assert little_lost(told, checkpoint_every=6).held
    assert not little_lost([*told, {"lost_steps": 13}], checkpoint_every=6).held
    assert "12 at most, 15 in all" in little_lost(told, 6).told


@pytest.mark.parametrize("late", ["attempts/1/heartbeat.json", "checkpoints/step-00000006-a001/manifest.json"])
def test_what_an_attempt_writes_after_the_next_was_ordered_counts(tmp_path, late):
    bucket = Bucket(str(tmp_path))
    written = ["attempts/1/order.json", late, "attempts/2/order.json", "attempts/1/stop.json", "files/abc"]
    for seconds, key in enumerate(written):
        put(bucket, tmp_path, f"runs/r/{key}", seconds)
    put(bucket, tmp_path, "runs/another/attempts/1/heartbeat.json", 9)
    assert double_writers(bucket, "r") == 0
    put(bucket, tmp_path, f"runs/r/{late}", 9)
    assert double_writers(bucket, "r") == 1


def put(bucket: Bucket, folder, key: str, seconds: int) -> None:
    """An object of a given age; a folder's clock is the file's time."""
    bucket.put(key, b"{}")
    os.utime(folder / key, (time.time() + seconds, time.time() + seconds))
