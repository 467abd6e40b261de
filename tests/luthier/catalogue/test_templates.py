"""A finished run as something to start from."""

from pathlib import Path

import pytest
import yaml
from made_runs import make
from report_run import make_spec

from luthier.catalogue.templates import save_template
from luthier.errors import NotFound, SpecError
from luthier.recipes import fill, recipe_names
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import parse_spec, save_spec

ASKED = {
    "project": {"name": "acme: \"A\"", "price_usd": 900},
    "notes": "secret plan",
    "data": {"path": "/home/ada/tickets.csv", "columns": {"prompt": "q # x"}, "dedupe": "near"},
    "training": {"preset": "aggressive", "epochs": 2.0},
    "evaluation": {"accept": {"chrf": "+0.02"}},
    "compute": {"deadline": "2026-12-01T00:00:00+00:00", "max_attempts": 4},
}  # fmt: skip


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def run(settings) -> RunFolder:
    """Asked for little; much was chosen."""
    run = make(settings, "bot-1", **ASKED)
    chosen = make_spec(**ASKED).training.model_copy(update={"rank": 16, "dtype": "float32", "learning_rate": 1e-4})
    save_spec(make_spec(**ASKED).model_copy(update={"training": chosen}), run.spec)
    run.complete("validate-data", "key", {"chosen": {"rank": "preset", "learning_rate": "preset"}}, 1.0)
    return run


def test_what_was_asked_for_without_what_is_the_runs_own(run, settings):
    text = save_template(run, "tickets", settings).read_text()
    spec = parse_spec(yaml.safe_load(text))
    assert (spec.name, spec.recipe, spec.notes, str(spec.data.path)) == ("tickets", "tickets", "", "data.jsonl")
    assert spec.project.name == 'acme: "A"' and spec.project.price_usd is None and spec.compute.deadline is None
    assert spec.data.columns == {"prompt": "q # x"} and spec.evaluation.accept == {"chrf": "+0.02"}
    assert (spec.training.preset, spec.training.epochs, spec.training.rank) == ("aggressive", 2.0, None)
    assert "secret plan" not in text and "/home/ada" not in text
    bare = [line for line in text.splitlines() if line.startswith("  ") and "#" not in line]
    assert bare == ['  path: "data.jsonl"'] or bare == []


def test_init_starts_from_it(run, settings):
    save_template(run, "tickets", settings)
    assert recipe_names(settings.templates)[-1] == "tickets" and "tickets" not in recipe_names()
    text = fill("tickets", "Bot: two", Path("new.csv"), {"training.epochs": (1, "short")}, settings.templates)
    spec = parse_spec(yaml.safe_load(text))
    assert (spec.name, spec.recipe, str(spec.data.path), spec.training.epochs) == ("Bot: two", "tickets", "new.csv", 1)


def test_resolved_freezes_what_was_chosen(run, settings):
    spec = parse_spec(yaml.safe_load(save_template(run, "frozen", settings, resolved=True).read_text()))
    assert (spec.training.rank, spec.training.dtype) == (16, "float32")


def test_of_an_earlier_version_what_was_chosen_is_left_out(run, settings):
    run.asked.unlink()
    spec = parse_spec(yaml.safe_load(save_template(run, "old", settings).read_text()))
    assert (spec.training.rank, spec.training.learning_rate, spec.training.dtype) == (None, None, None)
    assert spec.training.epochs == 2.0
    run.spec.unlink()
    with pytest.raises(NotFound, match="not known"):
        save_template(run, "older", settings)


@pytest.mark.parametrize("name", ["demo", "../x", "Über", "a b", ""])
def test_a_name_that_cannot_be(run, settings, name):
    with pytest.raises(SpecError, match="cannot be called"):
        save_template(run, name, settings, force=True)


def test_a_template_is_replaced_only_by_force(run, settings):
    save_template(run, "tickets", settings)
    with pytest.raises(SpecError, match="already there"):
        save_template(run, "tickets", settings)
    save_template(run, "tickets", settings, force=True)
