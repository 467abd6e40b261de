"""Before the long run: a sample through the whole chain, and a person's word on the data."""

import json

import pytest
from chain import Home, write_spec

from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def home(tmp_path, prefect_api):
    return Home(tmp_path / "home", PREFECT_API_URL=prefect_api)


def test_a_sample_goes_through_every_stage(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path / "work", tiny_model, evaluation={"accept": {"perplexity": "-90%"}})
    done = home.luthier("run", spec, "--sample", 30, "--json")
    assert done.returncode == 0, done.stderr
    assert "The chain works: 30 of your rows went through every stage" in done.stderr
    report = json.loads(done.stdout)
    assert report["data"]["accepted"] == 30 and report["training"]["steps"] == 6
    assert report["verdict"]["accept"] == {}  # promised of the long run, not of this one
    names = sorted(path.name for path in (home.root / "runs").iterdir())
    assert [name.startswith("tiny-sample-") for name in names] == [False, True]


def test_data_that_wait_for_approval(home, tmp_path, tiny_model):
    spec = write_spec(
        tmp_path / "work", tiny_model, data={"approve": True}, training={"max_steps": 2, "patience": None}
    )
    waiting = home.luthier("run", spec)
    assert waiting.returncode == 5 and "luthier approve tiny-" in waiting.stderr, waiting.stderr
    (run,) = (home.root / "runs").iterdir()
    assert (run / "data/page.html").exists() and not (run / "adapter").exists()
    assert home.luthier("approve", run.name, "--reject").returncode == 0
    refused = home.luthier("run", spec)
    assert refused.returncode == 2 and "the data was rejected by" in refused.stderr
    said = home.luthier("approve", run.name, "--json")
    assert json.loads(said.stdout)["approved"] is True
    done = home.luthier("run", spec)
    assert done.returncode in (0, 3, 4), done.stderr
    assert read_json(run / "report/report.json")["training"]["steps"] == 2
    assert [path.name for path in (home.root / "runs").iterdir()] == [run.name]
