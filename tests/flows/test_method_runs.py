"""Each method through the whole chain, its trainer killed on the way: real command, real server, real SIGKILL."""

import json
import random
import zipfile

import pytest
from chain import Home, write_spec

from luthier.models.weights import ADAPTER, MODEL, weights_file
from luthier.spec_file import load_spec
from luthier.storage import read_json, sha256_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WAYS = {
    "qlora": {"method": "qlora"},
    "full": {"method": "full", "learning_rate": 0.001},
    "dpo": {"learning_rate": 0.001},
}


def preferences(path) -> None:
    """Each answer is chosen in a sentence, and rejected in one word."""
    dice = random.Random(5)
    rows = [
        {
            "prompt": f"What colour is the {dice.choice(['cup', 'hat', 'boat'])} of house {number}?",
            "chosen": f"In house {number} it is {dice.choice(['red', 'blue', 'green'])}.",
            "rejected": dice.choice(["none", "pink"]),
        }
        for number in range(120)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_through_the_whole_chain(way, tmp_path, tiny_model, prefect_api):
    training = {"epochs": 3, "dropout": 0.0, **WAYS[way]}
    judged = {"few_shot": []} | ({"primary_metric": "preferred"} if way == "dpo" else {})
    spec = write_spec(tmp_path, tiny_model, training=training, evaluation=judged)
    if way == "dpo":
        preferences(tmp_path / "data.jsonl")
    home = Home(tmp_path / "home")
    with home.started("run", spec, "--json") as process:
        home.kill_worker(process, "train", after=lambda: len(home.steps()) > 0)
        out, err = process.communicate(timeout=240)
    assert process.returncode in (0, 3, 4), err
    run, report = home.run, read_json(home.run.report / "report.json")
    assert report["training"]["method"] == training.get("method", "lora")
    assert report["training"]["loss"] == ("dpo" if way == "dpo" else "cross_entropy")
    assert [death["stage"] for death in report["interruptions"]] == ["train"]
    assert report["training"]["resumed_from"]
    assert report["adapter_sha256"] == sha256_file(weights_file(run.adapter))
    assert ("4 bits" in report["lineage"]["base_description"]) == (way == "qlora")
    if way == "dpo":
        assert report["tuned"]["metrics"]["preferred"] == 1.0
    else:
        assert report["change"]["perplexity"]["value"] < 0
    form = MODEL if way == "full" else ADAPTER
    with zipfile.ZipFile(run.package) as package:
        assert {f"adapter/{name}" for name in form} <= set(package.namelist())
        assert ("the whole model" in package.read("README.md").decode()) == (way == "full")
    assert load_spec(run.spec).training.loss == report["training"]["loss"]
