"""Workers that outlived the process which watched them."""

import subprocess
import sys
import time

import psutil
import pytest

from luthier.compute.local import end_leftover
from luthier.errors import AlreadyRunning
from luthier.run_folder import RunFolder
from luthier.storage import write_json


@pytest.fixture
def attempt(tmp_path):
    return RunFolder(tmp_path).attempt(1)


@pytest.fixture
def worker(attempt):
    """A process that is named like the attempt's worker and has not begun to beat."""
    command = [sys.executable, "-c", "import time; time.sleep(60)", str(attempt.job)]
    with subprocess.Popen(command) as process:
        write_json(attempt.worker, {"pid": process.pid})
        yield process
        process.kill()


def refuse(*_args, **_kwargs):
    raise psutil.AccessDenied


def ignore(*_args, **_kwargs):
    pass


def never_ends(*_args, **_kwargs):
    raise psutil.TimeoutExpired(10)


def test_a_leftover_is_ended_before_its_first_heartbeat(attempt, worker):
    end_leftover(attempt)
    assert not psutil.pid_exists(worker.pid)


def test_another_process_with_its_pid_is_spared(tmp_path, worker):
    other = RunFolder(tmp_path).attempt(2)
    write_json(other.worker, {"pid": worker.pid})
    end_leftover(other)
    assert worker.poll() is None


def test_somebody_elses_process_with_its_pid_is_spared(attempt, worker, monkeypatch):
    monkeypatch.setattr(psutil.Process, "cmdline", refuse)
    end_leftover(attempt)
    assert worker.poll() is None


def test_a_leftover_that_nobody_takes_away_is_gone_all_the_same(attempt, worker, monkeypatch):
    """A zombie stays where init takes no care of orphans."""

    def wait(process, timeout):
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        raise psutil.TimeoutExpired(timeout)

    monkeypatch.setattr(psutil.Process, "wait", wait)
    end_leftover(attempt)


@pytest.mark.parametrize("kill", [refuse, ignore])
def test_a_leftover_that_cannot_be_ended_is_said(attempt, worker, monkeypatch, kill):
    monkeypatch.setattr(psutil.Process, "kill", kill)
    monkeypatch.setattr(psutil.Process, "wait", never_ends)
    with pytest.raises(AlreadyRunning, match=f"cannot be ended: process {worker.pid}"):
        end_leftover(attempt)
