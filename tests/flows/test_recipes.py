"""Every shipped recipe is run, on a tiny model and a small sample of data of its kind."""

import json
from pathlib import Path

import pytest
from chain import Home

from luthier.demo import write_demo
from luthier.recipes import fill, recipe_names
from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def tickets(path: Path) -> Path:
    subjects = ["parcel", "invoice", "password", "subscription", "refund", "address"]
    verbs = ["change", "find", "cancel", "renew", "track", "understand"]
    rows = [
        {
            "prompt": f"How do I {verb} my {subject}? It is number {3 * n + m}.",
            "completion": f"To {verb} your {subject}, open case {7 * n + m}.",
        }
        for n, subject in enumerate(subjects)
        for m, verb in enumerate(verbs)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"prompt": "no answer"}]))
    return path


@pytest.mark.parametrize("recipe", recipe_names())
def test_recipe_runs(recipe, tmp_path, prefect_api, tiny_model):
    home = Home(tmp_path / "home", PREFECT_API_URL=prefect_api)
    if recipe == "demo":
        spec = write_demo(tmp_path)
        data = tmp_path / "chatterbot.jsonl"
        data.write_text("".join(data.read_text().splitlines(keepends=True)[:400]))
    else:
        spec = tmp_path / "spec.yaml"
        spec.write_text(fill(recipe, recipe, tickets(tmp_path / "data.jsonl")))
    smaller = ("training.max_steps=3", "evaluation.max_examples=4", "evaluation.max_new_tokens=4", "compute.threads=1")
    options = [part for value in (f"model.base={tiny_model}", *smaller) for part in ("--set", value)]
    done = home.luthier("run", spec, *options)
    assert done.returncode in (0, 3, 4), done.stderr
    assert read_json(home.run.report / "report.json")["training"]["steps"] == 3
