"""luthier notify test | list | send."""

import json

import pytest
from chain import Home
from receivers import web

from luthier.notify.message import Message
from luthier.notify.outbox import Outbox
from luthier.notify.recipients import Recipient
from luthier.settings import Settings


@pytest.fixture
def team(tmp_path, monkeypatch):
    with web() as server:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "luthier.toml").write_text(f"""
            [channels.ci]
            kind = "webhook"
            url = "{server.url}"
            [channels.team]
            kind = "slack"
            url_env = "TEAM_WEBHOOK"
            [people.ada]
            channels = ["ci"]
        """)
        yield server, Home(tmp_path / "home", TEAM_WEBHOOK=f"{server.url}/very-secret")


def test_each_channel_is_tried_and_what_it_did_is_said(team):
    server, home = team
    done = home.luthier("notify", "test", "--json")
    assert done.returncode == 0 and len(server.titles) == 2
    assert [(each["channel"], each["person"], each["ok"]) for each in json.loads(done.stdout)] == [
        ("ci", "ada", True),
        ("team", "", True),
    ]
    server.answers = [404]
    failed = home.luthier("notify", "test", "--channel", "team")
    assert failed.returncode == 7 and "404" in failed.stderr and "very-secret" not in failed.stderr


def test_a_person_or_channel_that_does_not_exist(team):
    _, home = team
    for arguments in (("--to", "eve"), ("--channel", "fax")):
        refused = home.luthier("notify", "test", *arguments)
        assert refused.returncode == 2 and "Known" in refused.stderr


def test_what_waits_is_listed_and_sent(team):
    server, home = team
    told = Message(id="1", kind="completed", title="Done: tiny", at=1.0)
    Outbox(Settings(home=home.root)).put(told, [Recipient("ci")])
    listed = home.luthier("notify", "list")
    assert "waits" in listed.stdout and "Done: tiny" in listed.stdout and "very-secret" not in listed.stdout
    server.answers = [500]
    assert home.luthier("notify", "send").returncode == 7
    sent = home.luthier("notify", "send", "--json")
    assert sent.returncode == 0 and json.loads(sent.stdout) == {"tried": 1, "undelivered": []}
    assert json.loads(home.luthier("notify", "list", "--json").stdout)["undelivered"] == []
