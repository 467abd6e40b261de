"""What a pod is at, seen on its disk as the pod's own processes leave it."""

import pytest

from luthier.events import EventLog
from luthier.rehearsal.phases import phase_of, work_done
from luthier.run_folder import RunFolder
from luthier.storage import write_json


@pytest.fixture
def disk(tmp_path):
    return tmp_path


def begin(disk, kind: str, number: int = 1) -> EventLog:
    """An attempt as a pod has it once its worker's job is written."""
    attempt = RunFolder(disk / ".luthier" / "runs" / "tiny-1").attempt(number)
    write_json(attempt.job, {"kind": kind})
    return EventLog(attempt.events)


def test_an_empty_disk_is_being_set_up(disk):
    assert phase_of(disk) == "setup" and work_done(disk) == 0


@pytest.mark.parametrize(
    ("kind", "phase"), [("baseline", "baseline"), ("train", "training"), ("evaluate", "evaluating")]
)
def test_a_worker_is_at_work_from_its_first_progress_on(disk, kind, phase):
    log = begin(disk, kind)
    log.write("phase", name="importing")
    assert phase_of(disk) == "setup"
    log.write("progress", done=1, total=9)
    log.write("metrics", step=1)
    log.write("progress", done=2, total=9)
    assert phase_of(disk) == phase and work_done(disk) == 2


@pytest.mark.parametrize(("mark", "phase"), [(".saving-x", "saving"), (".sending-x", "uploading")])
def test_a_checkpoint_that_is_written_or_sent_shows(disk, mark, phase):
    begin(disk, "train").write("progress", done=6, total=9)
    (disk / ".luthier" / "runs" / "tiny-1" / "checkpoints" / mark).mkdir(parents=True)
    assert phase_of(disk) == phase


def test_only_the_newest_attempt_counts(disk):
    begin(disk, "train").write("progress", done=9, total=9)
    begin(disk, "evaluate", number=2)
    assert phase_of(disk) == "setup" and work_done(disk) == 0
