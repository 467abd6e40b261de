"""Whose processor time counts as a person's."""

import subprocess
import sys
import threading
import time

import psutil
import pytest

from luthier.background import busy, pauses
from luthier.background.busy import Busy, Used, share_of_others, used
from luthier.background.pauses import Pauses
from luthier.events import EventLog
from luthier.storage import read_jsonl


@pytest.fixture
def four_cores(monkeypatch):
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)


NONE = Used(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("spent", "share"),
    [
        (Used(10, user=1, nice=38, system=1, own_user=38, own_system=1), 1 / 40),  # Linux: we are counted as nice
        (Used(10, user=39, nice=0, system=1, own_user=38, own_system=1), 1 / 40),  # macOS: with all others
        (Used(10, user=20, nice=18, system=2, own_user=18, own_system=0), 22 / 40),
        (Used(10, user=0, nice=38, system=1, own_user=19, own_system=1), 0),  # another run in the background
        (Used(10, user=0, nice=5, system=1, own_user=6, own_system=1.5), 0),  # by the roundings of two counters
    ],
)
def test_our_own_time_is_nobodys(spent, share, four_cores):
    assert share_of_others(NONE, spent) == pytest.approx(share, abs=1e-9)


def test_a_load_in_between_changes_nothing(four_cores):
    shares, at = [0.0, 0.3, 0.2, 0.1, 0.2, 0.3], iter(range(0, 70, 10))
    seconds = iter([0.0, *(sum(shares[: n + 1]) * 40 for n in range(len(shares)))])
    person = Busy(lambda: Used(next(at), next(seconds), 0, 0, 0, 0))
    assert [person() for _ in shares] == [False, True, True, False, False, True]


LOOP = "import time\nend = time.monotonic() + 30\nwhile time.monotonic() < end: pass"


@pytest.fixture
def stranger():
    """A busy loop on every core, which are no children of ours."""
    begin = f"subprocess.Popen([sys.executable, '-c', {LOOP!r}], stdout=-3, stderr=-3).pid"
    code = f"import os, subprocess, sys\nprint(*[{begin} for _ in range(os.cpu_count())])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loops = [psutil.Process(int(pid)) for pid in told.stdout.split()]
    yield loops
    for loop in loops:
        loop.kill()


def test_a_stranger_counts_and_our_own_child_does_not(stranger):
    ours = subprocess.Popen([sys.executable, "-c", LOOP])
    try:
        before, theirs, own = used(), user_s(*stranger), user_s(psutil.Process(ours.pid))
        time.sleep(2)
        now, took = used(), user_s(*stranger) - theirs
        assert took > 0.1 and share_of_others(before, now) * (psutil.cpu_count() or 1) * 2 > 0.8 * took
        assert now.own_user - before.own_user >= 0.9 * (user_s(psutil.Process(ours.pid)) - own) > 0
    finally:
        ours.kill()
        ours.wait()


def user_s(*processes: psutil.Process) -> float:
    return sum(process.cpu_times().user for process in processes)


def test_the_work_stands_still_while_a_stranger_computes(stranger, monkeypatch, tmp_path):
    for name, seconds in (("LOOK_S", 0.3), ("CALM_S", 0.5), ("ASK_S", 0.05)):
        monkeypatch.setattr(pauses, name, seconds)
    monkeypatch.setattr(pauses, "on_battery", lambda: False)
    log = EventLog(tmp_path / "events.jsonl")
    pause = Pauses(log, lambda: False)
    time.sleep(1)
    work = threading.Thread(target=pause)
    work.start()
    work.join(2)
    assert work.is_alive() and read_jsonl(log.path)[-1]["reason"] == "other programs need the processor"
    monkeypatch.setattr(busy, "CALM", float("inf"))  # other tests may go on computing when this stranger is gone
    work.join(5)
    assert not work.is_alive() and read_jsonl(log.path)[-1]["kind"] == "continued"
