"""What is told while a run works, and how seldom."""

import time

import pytest
from receivers import web

from luthier import status
from luthier.errors import OverBudget
from luthier.history import RunHistory
from luthier.notify.outbox import Outbox
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.storage import write_json
from tasks import alarms
from tasks.alarms import alarm, out_of_money
from tasks.tell import tell


@pytest.fixture
def team(tmp_path, monkeypatch):
    with web() as server:
        monkeypatch.chdir(tmp_path)
        channels = {"ci": {"kind": "webhook", "url": server.url}}
        people = {"ada": {"channels": ["ci"], "kinds": ["interrupted", "cost", "waiting"]}}
        settings = Settings(home=tmp_path / "home", channels=channels, people=people)
        folder = RunFolder(settings.runs / "tiny-1")
        status.begin(folder, "ada", "terminal", "1")
        spec = RunSpec.model_validate({"name": "tiny", "data": {"path": "a.jsonl"}, "budget": {"max_usd": 9}})
        yield server, Run(spec, "0", folder, settings)


def messages(run):
    return Outbox(run.settings).between(0, time.time() + 1)


def died(run, attempt):
    write_json(run.folder.attempt(attempt).job, {"kind": "train", "progress": 0})
    RunHistory(run.folder).interrupted("train", attempt, "it was killed")


def goes_on(run, attempt):
    alarm(run, "train", {"kind": "progress", "attempt": attempt, "done": 50, "total": 100, "unit": "steps"})


def test_a_stormy_night_is_one_message_a_half_hour(team, monkeypatch):
    _, run = team
    goes_on(run, 1)
    assert messages(run) == []
    for attempt in range(1, 20):
        died(run, attempt)
        goes_on(run, attempt + 1)
    (told,) = messages(run)
    assert told.kind == "interrupted" and "train was interrupted once" in told.lead and "50 of 100 steps" in told.lead
    later = time.time() + alarms.QUIET_S
    monkeypatch.setattr(alarms.time, "time", lambda: later)
    died(run, 20)
    goes_on(run, 21)
    assert "20 times" in Outbox(run.settings).between(0, later + 1)[-1].lead


def test_each_level_of_cost_is_told_once(team):
    _, run = team
    write_json(run.folder.estimate, {"usd": {"low": 5.0, "likely": 10.0, "high": 20.0}})
    for usd in (1.0, 8.1, 8.2, 9.6, 12.5, 30.0):
        alarm(run, "train", {"kind": "cost", "usd": usd, "usd_per_hour": 1.0})
    leads = [told.lead for told in messages(run)]
    assert len(leads) == 3 and "81%" in leads[0] and "96%" in leads[1] and "125%" in leads[2]


def test_that_the_budget_ended_it_is_told(team):
    _, run = team
    out_of_money(run, OverBudget("it has cost $9", "More would exceed it.", "Raise budget.max_usd.", "budget.max_usd"))
    out_of_money(run, None)
    (told,) = messages(run)
    assert (told.kind, told.fix) == ("cost", "Raise budget.max_usd.")


def test_the_same_key_is_told_once_and_sent_in_the_background(team):
    server, run = team
    tell(run, "waiting", "data", "The data waits.", page="/tmp/page.html")
    tell(run, "waiting", "data", "The data waits.")
    deadline = time.monotonic() + 30
    while not server.bodies and time.monotonic() < deadline:
        time.sleep(0.02)
    (told,) = server.bodies
    assert told["title"] == "Waits for you: tiny" and ["Page", "/tmp/page.html"] in told["facts"]


def test_a_database_that_is_away_fails_no_run(team, caplog, monkeypatch):
    _, run = team
    away = run.settings.model_copy(update={"database": "sqlite:////proc/none/luthier.db"})
    logged = []
    monkeypatch.setattr("tasks.tell.get_run_logger", lambda: type("Log", (), {"warning": lambda *a: logged.append(a)}))
    tell(Run(run.asked, "0", run.folder, away), "waiting", "data")
    assert logged
