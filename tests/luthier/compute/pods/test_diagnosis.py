import pytest

from luthier.compute.pods.diagnosis import Limits, Watched, diagnose
from luthier.compute.pods.port import Pod
from luthier.errors import PodInterrupted, PodLost, PodStalled, PodStartTimeout

LIMITS = Limits(ready_s=1200, silent_s=30, dark_s=600)
START = 1000.0


def pod(state="running", said="", uptime_s=None):
    return Pod("x1", "luthier-0a1b2c3d-run-p1", state, said, uptime_s=uptime_s)


def verdict(watched, now):
    return type(diagnose(watched, LIMITS, now)).__name__


def working(now=START + 500, age_s=5.0):
    """A pod that has been up for a while, last heard of `age_s` before `now`."""
    return Watched("p1", START).seen(pod(), now - 1).heard(age_s, now)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Outbid: Sat Nov 21 2026", "PodInterrupted"),
        ("outbid", "PodInterrupted"),
        ("Maintenance: Sat", "PodInterrupted"),
        ("Exited by Runpod: Sat", "PodLost"),
        ("Exited by RunPod: Sat", "PodLost"),
        ("Terminated by user: Sat", "PodLost"),
        ("", "PodLost"),
    ],
)
def test_a_pod_that_ended_is_given_up_at_once_with_the_providers_words(said, kind):
    watched = working().seen(pod("ended", said), START + 501)
    assert verdict(watched, START + 501) == kind
    assert said in str(diagnose(watched, LIMITS, START + 501))


def test_one_that_never_worked_points_to_its_image():
    watched = Watched("p1", START).seen(pod("ended", "Exited by Runpod: Sat"), START + 6)
    assert "an image that does not exist" in str(diagnose(watched, LIMITS, START + 6))


def test_one_look_that_misses_a_pod_means_nothing():
    once = working().seen(None, START + 510)
    assert verdict(once, START + 510) == "NoneType"
    assert verdict(once.seen(None, START + 525), START + 525) == "PodLost"
    assert verdict(once.seen(pod(), START + 525), START + 525) == "NoneType"


def test_a_missing_pod_that_still_shows_life_is_there():
    now = START + 540
    missing = working().seen(None, START + 510).seen(None, START + 525)
    assert verdict(missing.heard(2.0, now), now) == "NoneType"
    assert verdict(missing.heard(31.0, now), now) == "PodLost"


def test_a_new_pod_may_be_unknown_for_a_while():
    new = Watched("p1", START).seen(None, START + 5).seen(None, START + 15)
    assert verdict(new, START + 15) == "NoneType"
    assert verdict(new.seen(None, START + 61), START + 61) == "PodLost"


def test_a_pod_that_never_comes_up_is_given_up_after_a_while():
    waiting = Watched("p1", START).seen(pod("starting"), START + 1190).heard(None, START + 1190)
    assert verdict(waiting, START + 1190) == "NoneType"
    assert verdict(waiting, START + 1201) == "PodStartTimeout"


def test_a_container_that_begins_again_and_again_is_given_up_early():
    watched = Watched("p1", START).heard(None, START)
    for at, uptime in ((10, 3), (25, 2), (40, 2.5), (55, 1), (70, 0.5)):
        assert verdict(watched, START + at) == "NoneType"
        watched = watched.seen(pod(uptime_s=uptime), START + at)
    assert verdict(watched, START + 70) == "PodStartTimeout"


def test_restarts_of_a_pod_that_works_are_its_own_business():
    watched = working()
    for uptime in (9, 8, 7, 6, 5):
        watched = watched.seen(pod(uptime_s=uptime), START + 501)
    assert verdict(watched, START + 501) == "NoneType"


@pytest.mark.parametrize("state", ["running", "starting"])  # a host that died shows RUNNING without a runtime
@pytest.mark.parametrize(("age_s", "kind"), [(29, "NoneType"), (31, "PodStalled")])
def test_three_missing_heartbeats_are_a_stall(state, age_s, kind):
    assert verdict(working(age_s=age_s).seen(pod(state), START + 500), START + 500) == kind


@pytest.mark.parametrize(("age_s", "kind"), [(5, "NoneType"), (599, "NoneType"), (601, "PodLost")])
def test_while_the_provider_is_silent_the_heartbeat_decides_more_slowly(age_s, kind):
    assert verdict(working(age_s=age_s).unseen(), START + 500) == kind


def test_a_heartbeat_is_not_called_silent_while_the_storage_cannot_be_read():
    assert verdict(working().seen(pod(), START + 5000), START + 5000) == "NoneType"
    assert verdict(Watched("p1", START).seen(pod("starting"), START + 5000), START + 5000) == "NoneType"


def test_all_of_them_are_worth_another_attempt():
    assert all(kind.retryable for kind in (PodInterrupted, PodLost, PodStalled, PodStartTimeout))
