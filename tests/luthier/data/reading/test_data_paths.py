"""Where the data lies decides nothing: not which run it is, and not from where a spec is read."""

from pathlib import Path

import pytest

from luthier.spec import RunSpec
from luthier.spec_file import anchored
from luthier.stages import run_id, stage_key


def spec(**data) -> RunSpec:
    return RunSpec.model_validate({"name": "x", "data": {"path": "d.jsonl", **data}})


def test_every_path_of_the_data_is_made_absolute():
    data = anchored(spec(more=[{"path": "m.csv"}, {"path": "/b/n.csv"}], rules="rules"), Path("/a")).data
    assert [data.path, *(more.path for more in data.more), data.rules] == [
        Path("/a/d.jsonl"), Path("/a/m.csv"), Path("/b/n.csv"), Path("/a/rules"),
    ]  # fmt: skip
    assert anchored(spec(), Path("/a")).data.rules is None


SAME = [{"path": "e.jsonl"}, {"approve": True}, {"refresh_hours": 1}, {"database": "SHOP"}]


@pytest.mark.parametrize("values", SAME)
def test_is_the_same_run(values):
    assert run_id(spec(**values), "0") == run_id(spec(), "0")
    assert stage_key("train", spec(**values), "0") == stage_key("train", spec(), "0")


def test_weights_are_another_run_and_places_are_not():
    one, two, heavy = (spec(more=[{"path": path, "weight": weight}]) for path, weight in (("a", 1), ("b", 1), ("a", 2)))
    assert run_id(one, "0") == run_id(two, "0") != run_id(heavy, "0")
    assert stage_key("train", one, "0") == stage_key("train", two, "0") != stage_key("train", heavy, "0")
