"""Whose processor time counts as a person's."""

import subprocess
import sys
import time

import psutil
import pytest

from luthier.background import busy
from luthier.background.busy import Busy, Used, share_of_others, used


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


def test_a_real_person(monkeypatch):
    """Someone else's busy loop counts, our own child's does not."""
    loop = "import sys, time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"
    hire = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {loop!r}]); print('x', flush=True)"
    stranger = subprocess.Popen([sys.executable, "-c", hire], stdout=subprocess.PIPE, start_new_session=True)
    assert stranger.stdout.readline() and stranger.wait() == 0
    (theirs,) = (each for each in psutil.process_iter(["cmdline"]) if loop in (each.info["cmdline"] or []))
    ours = subprocess.Popen([sys.executable, "-c", loop])
    try:
        before = used()
        others = theirs.cpu_times().user
        own = psutil.Process(ours.pid).cpu_times().user
        time.sleep(2)
        now = used()
        took = theirs.cpu_times().user - others
        assert took > 0.1 and share_of_others(before, now) * (psutil.cpu_count() or 1) * 2 > 0.8 * took
        assert now.own_user - before.own_user >= 0.9 * (psutil.Process(ours.pid).cpu_times().user - own) > 0
    finally:
        theirs.kill()
        ours.kill()
        ours.wait()
    assert busy.CALM < busy.BUSY
