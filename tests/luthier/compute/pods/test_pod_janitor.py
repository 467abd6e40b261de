import os
import time

import pytest

from luthier.compute.pods.janitor import find_orphans, sweep
from luthier.compute.pods.names import pod_name, run_of
from luthier.compute.pods.record import PodRecord, Records
from luthier.compute.pods.runpod import open_provider
from luthier.home import home_id
from luthier.run_folder import RunFolder
from luthier.settings import Settings


@pytest.fixture
def home(tmp_path):
    return Settings(home=tmp_path)


@pytest.fixture
def pod(cloud, want, home):
    """A pod of this home's run, on record; the run was last touched `idle_s` ago."""

    def build(run_id, number=1, idle_s=3600, **fields):
        name = pod_name(home_id(home.root), run_id, number)
        made = open_provider().create(want(name=name))
        run = RunFolder(home.runs / run_id)
        plain = {"number": number, "name": name, "purchase": "spot", "gpu": "g", "cloud": "SECURE", "reason": ""}
        plain |= {
            "max_usd_per_hour": 1.0,
            "quote": {},
            "end_after": time.time(),
            "asked_at": time.time() - idle_s,
            "id": made.id,
        }
        Records(run).write(PodRecord(**plain | fields))
        for path in run.root.rglob("*"):
            os.utime(path, (time.time() - idle_s,) * 2)
        return run

    return build


def reasons(orphans):
    return {orphan.pod.name.rpartition("-")[0].split("-", 2)[2]: orphan.reason for orphan in orphans}


def test_only_what_nobody_uses_is_an_orphan(pod, cloud, home, want):
    pod("idle-run")
    pod("fresh-run", idle_s=10)
    pod("done-run", idle_s=10, ended_at=time.time())
    open_provider().create(want(name=pod_name(home_id(home.root), "deleted-run", 3)))
    open_provider().create(want(name="luthier-ffffffff-idle-run-p1"))  # another home's
    open_provider().create(want(name="somebody-elses"))
    held = pod("held-run")
    with held.locked():
        found = reasons(find_orphans(open_provider(), home))
    assert found.keys() == {"idle-run", "done-run", "deleted-run"}
    assert "60 minutes" in found["idle-run"] and "not in this home" in found["deleted-run"]
    assert "done with it" in found["done-run"]
    assert len(cloud.running_pods()) == 7  # looking ends nothing


def test_a_sweep_ends_them_and_puts_it_on_record(pod, cloud, home):
    run, held = pod("idle-run"), pod("held-run")
    with held.locked():
        (orphan,) = sweep(open_provider(), home)
        assert orphan.ended and orphan.run_id == "idle-run"
        assert [run_of(left.name) for left in cloud.running_pods()] == ["held-run"]
        assert sweep(open_provider(), home) == []
    (record,) = Records(run).all()
    assert record.ended_at and record.end_cause.startswith("ended by the janitor")


def test_what_cannot_be_ended_is_told_and_stays_open(pod, cloud, home):
    run = pod("idle-run")
    cloud.faults.add("502", "terminate", times=20)
    (orphan,) = sweep(open_provider(), home)
    assert not orphan.ended and len(Records(run).open()) == 1


def test_a_swept_run_can_start_again(pod, home, cloud):
    run = pod("idle-run")
    sweep(open_provider(), home)
    with run.locked():
        assert Records(run).open() == []


@pytest.mark.parametrize(
    ("name", "run"),
    [("luthier-0a1b2c3d-my-run-p12", "my-run"), ("luthier-0a1b2c3d-a-p1-p2", "a-p1"), ("luthier-0a1b2c3d-p1", None)],
)
def test_a_name_tells_its_run(name, run):
    assert run_of(name) == run


def test_a_home_has_one_id(tmp_path):
    first = home_id(tmp_path / "new")
    assert home_id(tmp_path / "new") == first != home_id(tmp_path / "other")
    assert len(first) == 8 and int(first, 16) >= 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["id"]
