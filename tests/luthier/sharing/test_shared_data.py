"""What a spec reads, through a bucket, to a machine that has none of it."""

import json
import sqlite3
from pathlib import Path

import pytest

from luthier.errors import ModelError, StorageError
from luthier.models.base import locate
from luthier.run import open_run
from luthier.settings import Settings
from luthier.sharing.data import fetch_data, send_data
from luthier.spec import RunSpec


def rows(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"prompt": f"{name} {n}?", "completion": f"{n}"}) + "\n" for n in range(30)))
    return path


@pytest.fixture
def machines(bucket, tmp_path) -> tuple[Settings, Settings]:
    given = {"storage": bucket.uri, "storage_endpoint": bucket.endpoint, "share_runs": True}
    return Settings(home=tmp_path / "a", **given), Settings(home=tmp_path / "b", **given)


def spec(data: dict, **sections) -> RunSpec:
    return RunSpec.model_validate({"name": "tiny", "data": data, **sections})


def test_files_of_like_names_and_a_folder_make_the_same_run_elsewhere(machines, tmp_path):
    here, there = machines
    rows(tmp_path / "in" / "a" / "x.jsonl", "a")
    rows(tmp_path / "in" / "b" / "x.jsonl", "b")
    rows(tmp_path / "in" / "c" / "deep" / "y.jsonl", "c")
    more = [{"path": tmp_path / "in" / "b" / "x.jsonl", "weight": 2}, {"path": tmp_path / "in" / "c"}]
    asked = spec({"path": tmp_path / "in" / "a" / "x.jsonl", "more": more})
    run_id = open_run(asked, here).folder.run_id
    sent = send_data(asked, here)
    assert open_run(sent, here).asked.data.path == asked.data.path
    (tmp_path / "in").rename(tmp_path / "gone")
    run = open_run(sent, there)
    assert run.folder.run_id == run_id
    assert run.asked.data.path.is_relative_to(there.root)


def test_another_content_at_the_same_place_is_not_taken_for_it(machines, tmp_path):
    here, there = machines
    path = rows(tmp_path / "in" / "x.jsonl", "a")
    run_id = open_run(spec({"path": path}), here).folder.run_id
    sent = send_data(spec({"path": path}), here)
    rows(path, "other")
    assert open_run(sent, there).folder.run_id == run_id


def test_the_answer_of_a_query_goes_along(machines, tmp_path, monkeypatch):
    here, there = machines
    with sqlite3.connect(tmp_path / "db.sqlite") as database:
        database.execute("create table chat (prompt text, completion text)")
        database.executemany("insert into chat values (?, ?)", [(f"q {n}", f"a {n}") for n in range(30)])
    (tmp_path / "q.sql").write_text("select prompt, completion from chat")
    monkeypatch.setenv("LUTHIER_SQL_URL", f"sqlite:///{tmp_path / 'db.sqlite'}")
    asked = spec({"path": tmp_path / "q.sql"})
    run_id = open_run(asked, here).folder.run_id
    sent = send_data(asked, here)
    monkeypatch.delenv("LUTHIER_SQL_URL")
    (tmp_path / "q.sql").unlink()
    assert open_run(sent, there).folder.run_id == run_id


def test_a_base_model_that_is_a_folder_is_found_elsewhere(machines, tmp_path, tiny_model):
    here, there = machines
    model = tmp_path / "models" / "mine"
    model.parent.mkdir()
    model.symlink_to(tiny_model)
    asked = spec({"path": rows(tmp_path / "x.jsonl", "a")}, model={"base": str(model)})
    sent = send_data(asked, here)
    model.unlink()
    with pytest.raises(ModelError, match="no base model"):
        locate(sent.model, there.models)
    fetch_data(sent, there)
    found = locate(sent.model, there.models)
    assert (found / "model.safetensors").read_bytes() == (tiny_model / "model.safetensors").read_bytes()


def test_what_is_not_in_this_storage_is_said(machines, tmp_path):
    _, there = machines
    asked = spec({"path": tmp_path / "x.jsonl", "stored": "0" * 64})
    with pytest.raises(StorageError, match="not in this storage"):
        open_run(asked, there)


def test_where_runs_are_not_shared_nothing_is_sent(tmp_path):
    asked = spec({"path": rows(tmp_path / "x.jsonl", "a")})
    assert send_data(asked, Settings(home=tmp_path / "a", storage=str(tmp_path / "storage"))) is asked
    assert not (tmp_path / "storage").exists()
