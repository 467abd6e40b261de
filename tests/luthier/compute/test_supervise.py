import os
import signal

import pytest

from luthier.compute.job import new_job
from luthier.compute.supervise import Pulse, cause_of_death, supervise
from luthier.errors import LuthierError
from luthier.run_folder import RunFolder
from luthier.storage import read_json


@pytest.mark.parametrize(
    ("returncode", "saved", "for_memory", "words"),
    [
        (-signal.SIGKILL, False, False, "killed (signal 9): by a person"),
        (-signal.SIGKILL, False, True, "killed (signal 9): the system wanted memory"),
        (-signal.SIGSEGV, False, True, "SIGSEGV"),
        (143, True, False, "saved its state"),
        (1, False, False, "code 1"),
    ],
)
def test_a_death_is_told_in_words(returncode, saved, for_memory, words):
    assert words in cause_of_death(returncode, saved, for_memory)


def test_the_worker_is_on_record_and_its_error_arrives(tmp_path):
    job = new_job(RunFolder(tmp_path / "run"), "train", tmp_path, resume_from=None, progress=0, flow_run="")
    with pytest.raises(LuthierError):  # there is no spec
        list(supervise(job))
    assert read_json(job.folder.worker)["pid"] == read_json(job.folder.heartbeat)["pid"]
    assert job.watcher == os.getpid()


def test_a_pulse_goes_by_change_not_by_the_clock(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    attempt = RunFolder(tmp_path).attempt(1)
    attempt.root.mkdir(parents=True)
    pulse = Pulse(attempt)
    now[0] += 50
    assert pulse.silent_s() == 50
    attempt.heartbeat.write_text("1")
    assert pulse.silent_s() == 0
    now[0] += 7
    assert pulse.silent_s() == 7
