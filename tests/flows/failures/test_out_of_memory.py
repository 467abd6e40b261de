"""A training that runs out of memory heals by itself: the same steps in smaller pieces, from its checkpoint on."""

import json
import os
import time
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from chain import Home, write_spec
from failed_run import CONDITIONS
from rented_home import IMAGE, RentedHome, cloud_of, rented_spec

from luthier.spec_file import load_spec
from luthier.storage import read_json, read_jsonl

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SCHEMA = json.loads(files("luthier.reporting").joinpath("report.schema.json").read_text())
BEFORE, AFTER = 1024, 328
"""Half of what a step can hold: 8 examples of 82 tokens."""

ROOM = {"PYTHONPATH": CONDITIONS, "LUTHIER_TEST_CONDITION": "train:room_for", "LUTHIER_TEST_ROOM": "340"}


SPEC = {
    "training": {"epochs": 2, "checkpoint_every": 3, "micro_batch_tokens": BEFORE},
    "evaluation": {"few_shot": [], "max_examples": 4},
}
CGROUPS = Path("/sys/fs/cgroup/memory")


@pytest.fixture(scope="module")
def healed(tmp_path_factory, tiny_model, prefect_api) -> tuple[Home, str]:
    """A run whose worker has memory for too few tokens from its first checkpoint on, and what it told."""
    folder = tmp_path_factory.mktemp("healed")
    spec = write_spec(folder, tiny_model, **SPEC)
    home = Home(folder / "home", PREFECT_API_URL=prefect_api, **ROOM)
    done = home.luthier("run", spec)
    assert done.returncode in (0, 3, 4), done.stderr
    return home, done.stderr


def events(home: Home, kind: str) -> list[dict]:
    return [event for event in read_jsonl(home.run.events) if event["kind"] == kind]


def steps(home: Home, attempt: int) -> list[int]:
    """Those that an attempt took."""
    return sorted({event["step"] for event in events(home, "metrics") if event["attempt"] == attempt})


def assert_nothing_was_trained_twice(home: Home) -> None:
    (cut,), (resumed,) = events(home, "pieces"), events(home, "resumed")
    last = read_json(home.run.marker("train"))["summary"]["steps"]
    assert (cut["key"], cut["old"], cut["new"]) == ("training.micro_batch_tokens", BEFORE, AFTER)
    assert steps(home, cut["attempt"]) == [1, 2, 3] and steps(home, resumed["attempt"]) == list(range(4, last + 1))


def test_it_goes_on_from_the_checkpoint_with_half_as_many_tokens(healed):
    home, told = healed
    assert load_spec(home.run.spec).training.micro_batch_tokens == AFTER
    assert load_spec(home.run.asked).training.micro_batch_tokens == BEFORE
    (resumed,) = events(home, "resumed")
    assert resumed["step"] == 3
    assert f"memory ran out: from step 3 on training.micro_batch_tokens is {AFTER} instead of {BEFORE}" in told
    assert_nothing_was_trained_twice(home)


def test_the_report_says_where_equality_ends(healed):
    home, _ = healed
    report = read_json(home.run.report / "report.json")
    jsonschema.validate(report, SCHEMA)
    change = {"key": "training.micro_batch_tokens", "old": BEFORE, "new": AFTER, "step": 3}
    assert report["training"]["changes"] == [change] and report["training"]["bit_for_bit_until"] == 3
    page = (home.run.report / "report.html").read_text()
    assert f"From step 3 on training.micro_batch_tokens was {AFTER} instead of {BEFORE}." in page
    assert "Up to step 3 the training equals an undisturbed one bit for bit. That promise ends there" in page
    (death,) = report["interruptions"]
    assert (death["stage"], death["lost_steps"]) == ("train", 0) and "not enough memory" in death["cause"]


def test_it_is_no_failure(healed):
    home, _ = healed
    assert not home.run.failure.exists() and not home.run.failures.exists()
    assert f"training.micro_batch_tokens is {AFTER}" in home.luthier("events", home.run.run_id).stdout


@pytest.mark.drill
def test_the_same_examples_make_each_step(straight, home):
    undisturbed, spec, code = straight
    home.environment |= ROOM
    assert home.luthier("run", spec).returncode == code
    at_once = [load_spec(each.run.spec).training.micro_batch_tokens for each in (undisturbed, home)]
    assert at_once == [BEFORE, AFTER]
    mine, theirs = (read_json(each.run.marker("train"))["summary"] for each in (home, undisturbed))
    assert mine["samples_order_sha256"] == theirs["samples_order_sha256"] and mine["steps"] == theirs["steps"]
    (resumed,) = events(home, "resumed")
    for one, other in zip(losses(home), losses(undisturbed), strict=True):
        assert one == other if one[0] <= resumed["step"] else one == pytest.approx(other, rel=1e-2)


def losses(home: Home) -> list[tuple[int, float]]:
    found = {event["step"]: event["train_loss"] for event in events(home, "metrics") if "train_loss" in event}
    return sorted(found.items())


@pytest.mark.drill
def test_the_kernel_ends_the_worker_and_it_heals(home, tmp_path, tiny_model):
    group = CGROUPS / f"luthier-test-{os.getpid()}"
    if not os.access(CGROUPS / "cgroup.procs", os.W_OK):
        pytest.skip("this account cannot make a memory cgroup")
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(360 << 20))
        home.environment |= ROOM | {"LUTHIER_TEST_CONDITION": "train:container_for", "LUTHIER_TEST_CGROUP": str(group)}
        done = home.luthier("run", write_spec(tmp_path, tiny_model, **SPEC))
    finally:
        time.sleep(1)
        group.rmdir()
    assert done.returncode in (0, 3, 4), done.stderr
    assert_nothing_was_trained_twice(home)
    (death,) = events(home, "interrupted")
    assert death["error"] == "WorkerKilledForMemory" and "the system wanted memory" in death["cause"]


@pytest.mark.drill
def test_on_a_rented_machine_it_heals_in_the_same_pod(tmp_path, tiny_model, prefect_api):
    with cloud_of(tmp_path) as cloud:
        cloud.images[IMAGE] = replace(cloud.images[IMAGE], env=ROOM)
        home = RentedHome(tmp_path / "home", cloud, PREFECT_API_URL=prefect_api)
        done = home.luthier("run", rented_spec(tmp_path, tiny_model, **SPEC))
        assert done.returncode in (0, 3, 4), done.stderr
        assert len(cloud.pods()) == 1 and cloud.running_pods() == []
    assert_nothing_was_trained_twice(home)
    assert read_json(home.run.report / "report.json")["training"]["bit_for_bit_until"] == 3
