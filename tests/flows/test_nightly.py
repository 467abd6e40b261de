"""The nightly retrain: a run only for data that are new or not done with."""

import sqlite3
from datetime import timedelta

import pytest
from chain import Home, write_spec
from prefect.client.orchestration import get_client

from flows.nightly import nightly
from flows.submission import in_line
from flows.up import deployments
from luthier import status
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec_file import load_spec

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def home(tmp_path, prefect_api, in_prefect):
    """A home whose server knows the deployments; nobody carries out what is in line."""
    home = Home(tmp_path / "home", PREFECT_API_URL=prefect_api)
    in_prefect(home)
    deployments.deploy()
    return home


def look(spec) -> str:
    """The name of the state in which it ends."""
    return nightly(spec, return_state=True).name


def parameters(run_id: str) -> dict:
    with get_client(sync_client=True) as client:
        return in_line(client, run_id).parameters


def test_data_that_a_complete_run_has_seen_start_nothing(straight, in_prefect):
    home, spec, _ = straight
    in_prefect(home)
    assert look(spec) == "Unchanged"
    assert look(load_spec(spec)) == "Unchanged"


def test_new_data_are_put_in_line_once(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, seed=106)
    first = open_run(load_spec(spec), Settings()).folder.run_id
    assert [look(spec), look(spec)] == ["Started", "Under way"]
    with (tmp_path / "data.jsonl").open("a") as data:
        data.write('{"prompt": "And the barn?", "completion": "Green."}\n')
    assert look(spec) == "Started"
    assert open_run(load_spec(spec), Settings()).folder.run_id != first


def test_what_failed_goes_on_and_what_a_person_stopped_does_not(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, seed=107, data={"on_bad_rows": "quarantine"})
    run = open_run(load_spec(spec), Settings()).folder
    run.root.mkdir(parents=True)
    status.begin(run, "ada", "terminal", "")
    status.end(run, "cancelled")
    assert look(spec) == "Cancelled before"
    status.end(run, "failed", "no GPU was free")
    assert look(spec) == "Started"


def test_a_query_is_asked_anew_and_the_run_takes_that_answer(home, tmp_path, tiny_model, monkeypatch):
    database = tmp_path / "tickets.db"
    monkeypatch.setenv("LUTHIER_SQL_URL", f"sqlite:///{database}")
    monkeypatch.setattr("luthier.data.reading.sql.SAME_START", timedelta(0))
    (tmp_path / "query.sql").write_text("SELECT prompt, completion FROM tickets")
    with sqlite3.connect(database) as tickets:
        tickets.execute("CREATE TABLE tickets (prompt, completion)")
        tickets.execute("INSERT INTO tickets VALUES ('a', 'b')")
    spec = write_spec(tmp_path, tiny_model, seed=108, data={"path": "query.sql"})
    asked = load_spec(spec)
    first = open_run(asked, Settings()).folder.run_id
    with sqlite3.connect(database) as tickets:
        tickets.execute("INSERT INTO tickets VALUES ('c', 'd')")
    assert open_run(asked, Settings()).folder.run_id == first, "the answer of today is used again"
    assert look(spec) == "Started"
    second = open_run(asked, Settings()).folder.run_id
    assert second != first
    assert parameters(second)["spec"]["data"]["refresh_hours"] == 24
