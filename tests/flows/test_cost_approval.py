"""A rented run on the simulated cloud that costs more than its spec lets it without a person's word."""

import json

import pytest
from rented_home import RentedHome, cloud_of, rented_spec

from luthier.approval_record import last, read
from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def given(tmp_path, tiny_model, prefect_api):
    """A home on a cloud, and a spec that asks above a hundredth of a cent."""
    with cloud_of(tmp_path) as cloud:
        home = RentedHome(tmp_path / "home", cloud, PREFECT_API_URL=prefect_api)
        yield home, rented_spec(tmp_path, tiny_model, budget={"approve_above_usd": 0.0001})


def test_it_waits_before_anything_is_rented_and_goes_on_within_the_cap(given):
    home, spec = given
    waiting = home.luthier("run", spec)
    assert waiting.returncode == 5 and "the cost waits for approval" in waiting.stderr, waiting.stderr
    assert home.cloud.pods() == [] and read_json(home.run.status)["state"] == "waiting"
    run = home.run.run_id
    assert home.luthier("approve", run, "--reject", "--as", "ada", "--note", "too dear").returncode == 0
    refused = home.luthier("run", spec)
    assert refused.returncode == 6 and "the cost was rejected by ada. The note: too dear" in refused.stderr
    said = json.loads(home.luthier("approve", run, "--json").stdout)
    assert said["about"] == "cost" and said["cap_usd"] >= read_json(home.run.estimate)["usd"]["high"]
    done = home.luthier("run", spec)
    assert done.returncode in (0, 3, 4), done.stderr
    assert [word["approved"] for word in read(home.run)["words"]] == [False, True]
    word = last(home.run, "cost")
    assert word and word["usd"]["likely"] > 0


def test_estimate_says_it_beforehand_and_it_can_be_approved_then(given):
    home, spec = given
    told = home.luthier("estimate", spec, "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["waits_for_approval"] == ["cost"] and "luthier approve tiny-" in told.stderr
    assert home.luthier("approve", home.run.run_id).returncode == 0
    assert json.loads(home.luthier("check", spec, "--json").stdout)["waits_for_approval"] == []
