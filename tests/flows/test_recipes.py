"""Every shipped recipe with a tiny model and a small sample of data of its kind.

Three go through the whole chain, one for each way in which answers are compared: by their words (demo), by their
characters (customer-support), as labels (classification). A chain takes twenty seconds, so the others are
checked only: their data is read, inspected, gated and split, and the run is shown to be able to start.
"""

import json

import pytest
from chain import Home
from click.testing import CliRunner
from recipe_data import DATA, write_data

from luthier.demo import write_demo
from luthier.recipes import fill, recipe_names
from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WHOLE_CHAIN = ("demo", "customer-support", "classification")
SMALLER = (
    "training.max_steps=3",
    "training.max_length=512",
    "evaluation.max_examples=4",
    "evaluation.max_new_tokens=4",
    "compute.threads=1",
)


@pytest.fixture
def spec_of(tmp_path):
    def written(recipe: str):
        if recipe == "demo":
            spec = write_demo(tmp_path)
            data = tmp_path / "chatterbot.jsonl"
            data.write_text("".join(data.read_text().splitlines(keepends=True)[:400]))
            return spec
        spec = tmp_path / "spec.yaml"
        spec.write_text(fill(recipe, recipe, write_data(recipe, tmp_path / "data.jsonl")))
        return spec

    return written


def options(model) -> list[str]:
    return [part for value in (f"model.base={model}", *SMALLER) for part in ("--set", value)]


def test_each_recipe_has_data_of_its_kind():
    assert sorted([*DATA, "demo"]) == recipe_names()


@pytest.mark.parametrize("recipe", WHOLE_CHAIN)
def test_recipe_runs(recipe, spec_of, tmp_path, prefect_api, tiny_model):
    home = Home(tmp_path / "home", PREFECT_API_URL=prefect_api)
    done = home.luthier("run", spec_of(recipe), *options(tiny_model))
    assert done.returncode in (0, 3, 4), done.stderr
    assert read_json(home.run.report / "report.json")["training"]["steps"] == 3


@pytest.mark.parametrize("recipe", sorted(set(recipe_names()) - set(WHOLE_CHAIN)))
def test_recipe_could_run(recipe, spec_of, tmp_path, tiny_model, monkeypatch):
    from flows.cli import main

    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(main, ["check", str(spec_of(recipe)), *options(tiny_model), "--json"])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["accepted"] >= 60 and found["errors"] == []
