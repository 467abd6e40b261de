"""What messages say of a run, who gets them, and the daily summary."""

import time
from datetime import date

import pytest
from report_run import make_facts, make_run, make_spec
from sending import message

from luthier import reporting, status
from luthier.errors import LuthierError, OutOfMemory, Problems
from luthier.failures import record
from luthier.notify.digest import send_digests
from luthier.notify.html import as_html
from luthier.notify.outbox import Outbox
from luthier.notify.recipients import Recipient, check_people, recipients
from luthier.notify.tell import put
from luthier.notify.wording import Said, event_id, of_run
from luthier.spec import NotifySpec
from luthier.storage import write_json


@pytest.fixture
def run(tmp_path):
    found = make_run(tmp_path)
    status.begin(found, "ada", "prefect", "1")
    write_json(found.root / "prefect.json", {"prefect_flow_run_id": "1", "prefect_api_url": "http://server/api"})
    return found


@pytest.mark.parametrize(("label", "word"), [("improved", "Improved"), ("worse", "Worse")])
def test_of_a_complete_run_the_verdict_its_numbers_and_the_first_page(tmp_path, label, word):
    run, spec = make_run(tmp_path, label), make_spec(name="<b>Bot</b>", notes="<script>")
    reporting.build(run, spec, make_facts())
    told = of_run("1", "completed", run, spec, Said())
    assert told.title == f"{word}: <b>Bot</b>" and "95 % interval" in told.lead
    assert {"chrF, of 1", "Perplexity"} <= {label for label, _ in told.figures}
    html = as_html(told)
    assert "What this does not show" in html and "<script" not in html and "<b>Bot" not in html
    assert "<img" not in html and "<svg" not in html and "url(" not in html  # nothing is fetched


def test_of_a_failure_the_cause_and_the_fix_without_secrets(run, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hunter2-hunter2")
    with run.locked():
        record.keep(run, OutOfMemory("no memory left", "with hunter2-hunter2", "Lower it.", "training.max_length"))
        told = of_run("1", "failed", run, make_spec(), Said("a traceback"))
    title = "Out of memory while the model is asked"
    assert told.cause == f"{title}. training.max_length: no memory left. with ***." and told.fix == "Lower it."
    assert ("To try again", f"luthier retry {run.run_id}") in told.facts
    assert "docs/troubleshooting.md#out-of-memory-while-the-model-is-asked" in dict(told.facts)["Guide"]
    assert [link.target for link in told.links] == ["http://server/runs/flow-run/1"]
    assert ("Started by", "ada") in told.facts and ("Cost", "$0.00") in told.facts


def test_the_same_key_is_the_same_message_until_the_run_is_made_anew(run):
    first = event_id(run, "waiting", "data")
    assert first == event_id(run, "waiting", "data") != event_id(run, "waiting", "cost")
    run.status.unlink()
    status.begin(run, "ada", "prefect", "2")
    assert event_id(run, "waiting", "data") != first


PEOPLE = {
    "ada": {"channels": ["mail", "phone"], "email": "ada@example.org", "kinds": ["failed"], "projects": ["acme"]},
    "ben": {"channels": ["mail"], "email": "ben@example.org", "digest": "daily", "urgent": ["crashed"]},
}
CHANNELS = {
    "mail": {"kind": "email", "host": "localhost", "sender": "l@example.org", "to": ["all@example.org"]},
    "phone": {"kind": "apprise", "url_env": "PHONE_TOKEN"},
    "team": {"kind": "slack", "url_env": "TEAM_WEBHOOK"},
}
TEAM, ADA, BEN = (
    Recipient("team"),
    Recipient("mail", "ada", "ada@example.org"),
    Recipient("mail", "ben", "ben@example.org"),
)


@pytest.mark.parametrize(
    ("kind", "project", "asked", "gets"),
    [
        ("failed", "acme", {}, [ADA, Recipient("phone", "ada"), TEAM]),
        ("failed", "other", {}, [TEAM]),
        ("crashed", "acme", {}, [BEN, TEAM]),
        ("interrupted", "acme", {}, []),
        ("failed", "acme", {"people": ["ada"]}, [ADA, Recipient("phone", "ada")]),
        ("failed", "acme", {"kinds": ["completed"]}, []),
        ("failed", "acme", {"mute": True}, []),
    ],
)
def test_who_gets_what(home, kind, project, asked, gets):
    told = message(kind=kind, project=project)
    assert recipients(told, NotifySpec(**asked), home(channels=CHANNELS, people=PEOPLE)) == gets


def test_without_people_every_channel_gets_every_end(home):
    settings = home(channels=CHANNELS)
    for kind in ("completed", "failed", "crashed", "cancelled"):
        found = recipients(message(kind=kind), NotifySpec(), settings)
        assert found == [Recipient("mail", "", "all@example.org"), Recipient("phone"), TEAM]


def test_two_people_at_one_channel_are_one_message(home):
    people = {name: {"channels": ["team"]} for name in ("ada", "ben")}
    assert len(recipients(message(), NotifySpec(), home(channels={"team": CHANNELS["team"]}, people=people))) == 1


def test_a_spec_that_names_nobody_known_is_refused(home):
    with pytest.raises(LuthierError, match="notify.people: luthier.toml knows no eve. Known: ada, ben"):
        check_people(NotifySpec(people=["eve"]), home(channels=CHANNELS, people=PEOPLE))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[channels.team]\nkind = "slack"\nurl = "https://hooks.slack.com/x"', "channels.team.url: unknown key"),
        ('[channels.team]\nkind = "slack"\nurl_env = "SLACK"', r"channels.team.url_env: SLACK: let its name end in"),
        ('[channels.team]\nkind = "fax"', "channels.team"),
        ('[people.ada]\nchannels = ["team"]', "ada: there is no channel team"),
        ('[channels.m]\nkind = "email"\nhost = "h"\nsender = "a@b"\n[people.ada]\nchannels = ["m"]', "person's email"),
        ('[people.ada]\nchannels = ["x"]\nkinds = ["done"]', "people.ada.kinds.0"),
    ],
)
def test_faults_of_the_settings_name_their_key(tmp_path, home, content, says):
    (tmp_path / "luthier.toml").write_text(content)
    with pytest.raises(Problems, match=says):
        home()


def test_a_digest_is_made_once_a_day_and_reaches_back_to_the_last(home, hook):
    channels = {"hook": {"kind": "webhook", "url": hook.url}}
    settings = home(channels=channels, people={"ben": {"channels": ["hook"], "digest": "daily", "projects": ["acme"]}})
    for title, kind, project in (
        ("Improved: a", "completed", "acme"),
        ("Failed: b", "failed", "acme"),
        ("x", "failed", "z"),
    ):
        put(message(title, kind, project=project, usd=1.5, run_id=title), NotifySpec(), settings)
    put(message("Waits for you: c", "waiting", project="acme", run_id="c"), NotifySpec(), settings)
    today, tomorrow = date(2026, 11, 25), date(2026, 11, 26)
    assert send_digests(settings, today) == ["ben"] and send_digests(settings, today) == []
    (told,) = hook.bodies
    assert told["title"] == "Luthier, 2026-11-25: 1 completed, 1 failed, 1 waiting for somebody" and told["usd"] == 3.0
    assert [label for label, _ in told["facts"]] == ["Waits for you: c", "Improved: a", "Failed: b"]
    put(message("Done: c", "completed", project="acme", run_id="c"), NotifySpec(), settings)
    assert send_digests(settings, tomorrow) == ["ben"]
    assert hook.titles[-1] == "Luthier, 2026-11-26: 1 completed"
    assert send_digests(settings, date(2026, 11, 27)) == []  # no news, no mail
    assert Outbox(settings).last_digest("ben") <= time.time()
