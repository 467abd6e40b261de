"""What Slack gets: within its limits, whatever a run is called."""

import json

import pytest
from sending import message

from luthier.errors import LuthierError
from luthier.notify.channels import send
from luthier.notify.slack import payload
from luthier.people import SlackChannel
from luthier.places import Link

HOSTILE = '<!channel> <https://evil.example|click> *bold* `code` & "x" </b><script>alert(1)</script>'


def test_it_arrives_with_its_id_and_buttons(slack):
    links = [Link(label="Prefect", target="http://prefect/runs/1"), Link(label="Report", target="/runs/report.html")]
    told = message(lead="Better.", cause="c", fix="f", facts=[("Cost", "$0.00")], links=links)
    send(told, SlackChannel(kind="slack", url_env="TEAM_WEBHOOK"), "")
    (body,) = slack.bodies
    heading, *_, actions, small = body["blocks"]
    assert (heading["block_id"], heading["text"]["text"]) == (told.id, "Done: tiny")
    assert [button["url"] for button in actions["elements"]] == ["http://prefect/runs/1"]  # a path is no button
    assert "/runs/report.html" in small["elements"][0]["text"]
    assert slack.paths == ["/services/T0/B0/very-secret"]


def test_nothing_of_somebody_elses_is_markup():
    told = payload(message(HOSTILE, lead=HOSTILE, cause=HOSTILE, fix=HOSTILE, facts=[(HOSTILE, HOSTILE)]))
    marked = [text for text in _texts(told) if text.get("type") == "mrkdwn"] + [{"text": told["text"]}]
    for text in marked:
        assert "<" not in text["text"] and ">" not in text["text"]
    lead = told["blocks"][1]["text"]["text"]
    assert "*bold*" not in lead and "`code`" not in lead and "&amp;" in lead


@pytest.mark.parametrize("filler", ["x", "&", "*", "🦊"])
def test_limits_hold(filler):
    links = [Link(label=filler * 500, target=f"http://x/{number}") for number in range(20)]
    facts = [(filler * 3000, filler * 3000)] * 1000
    long = filler * 20_000
    blocks = payload(message(long, lead=long, cause=long, fix=long, facts=facts, links=links))["blocks"]
    assert len(blocks) <= 50 and len(blocks[0]["text"]["text"]) <= 150
    for block in blocks:
        assert len(block.get("text", {}).get("text", "")) <= 3000 and len(block.get("fields", [])) <= 10
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
    (actions,) = (block for block in blocks if block["type"] == "actions")
    assert len(actions["elements"]) <= 25 and all(len(each["text"]["text"]) <= 75 for each in actions["elements"])
    assert "more" in json.dumps(blocks)  # of the facts that did not fit


def test_a_cut_does_not_split_an_entity():
    text = payload(message(lead="&" * 3000))["blocks"][1]["text"]["text"]
    assert text.removeprefix(":checkered_flag: ").replace("&amp;", "") == "…"


def test_the_address_is_in_no_error(slack, caplog):
    slack.answers = [404]
    with pytest.raises(LuthierError) as caught:
        send(message(), SlackChannel(kind="slack", url_env="TEAM_WEBHOOK"), "")
    assert caught.value.hopeless and "404" in str(caught.value) and "very-secret" not in str(caught.value)


def test_an_address_that_is_none(monkeypatch):
    monkeypatch.setenv("TEAM_WEBHOOK", "hooks.slack.com/very-secret")
    with pytest.raises(LuthierError) as caught:
        send(message(), SlackChannel(kind="slack", url_env="TEAM_WEBHOOK"), "")
    assert "very-secret" not in str(caught.value)


def _texts(value):
    if isinstance(value, dict):
        yield from [value] if isinstance(value.get("text"), str) else []
        for each in value.values():
            yield from _texts(each)
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
