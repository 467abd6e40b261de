import signal

import pytest

from luthier.compute.supervise import Pulse, cause_of_death, worker_error
from luthier.errors import HomeError, OutOfMemory
from luthier.run_folder import RunFolder
from luthier.worker import told


@pytest.mark.parametrize(
    ("returncode", "saved", "words"),
    [
        (-signal.SIGKILL, False, "killed (signal 9)"),
        (-signal.SIGSEGV, False, "SIGSEGV"),
        (143, True, "saved its state"),
        (1, False, "code 1"),
    ],
)
def test_a_death_is_told_in_words(returncode, saved, words):
    assert words in cause_of_death(returncode, saved)


def test_a_workers_error_arrives_as_it_was(tmp_path):
    attempt = RunFolder(tmp_path).attempt(1)
    sent = OutOfMemory("no memory", "8 at once", "lower it", "training.micro_batch")
    got = worker_error(told(sent), attempt)
    assert isinstance(got, OutOfMemory) and str(got) == str(sent) and not got.retryable
    assert isinstance(worker_error(told(HomeError("full")), attempt), HomeError)


def test_a_bug_in_a_worker_names_its_log(tmp_path):
    got = worker_error(told(KeyError("x")), RunFolder(tmp_path).attempt(1))
    assert got.exit_code == 1 and "KeyError" in str(got) and "log.txt" in str(got)


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
