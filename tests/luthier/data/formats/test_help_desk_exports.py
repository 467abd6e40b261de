"""Tickets as help desks export them."""

import pytest

from luthier.data.formats.html_text import plain
from luthier.errors import DataError

ZENDESK = {
    "id": 35436, "subject": "Refund", "requester_id": 20978392, "created_at": "2024-05-01T09:00:00Z",
    "comments": [
        {"id": 1, "author_id": 20978392, "plain_body": "I want my money back.", "public": True},
        {"id": 2, "author_id": 7, "plain_body": "Looks like fraud?", "public": False},
        {"id": 3, "author_id": 7, "html_body": "<p>It is on its <b>way</b>.</p><p>Kim &amp; team</p>", "public": True},
    ],
}  # fmt: skip
INTERCOM = {
    "type": "conversation", "id": "1295", "created_at": 1714554000,
    "source": {"body": "<p>I want my money back.</p>", "author": {"type": "user", "name": "Anna"}},
    "conversation_parts": {"type": "conversation_part.list", "conversation_parts": [
        {"part_type": "note", "body": "Fraud?", "author": {"type": "admin"}},
        {"part_type": "assignment", "body": None, "author": {"type": "bot"}},
        {"part_type": "comment", "body": "<p>It is on its way.<br>Kim &amp; team</p>", "author": {"type": "admin"}},
    ]},
}  # fmt: skip
FRESHDESK = {
    "id": 9, "subject": "Refund", "description_text": "I want my money back.", "created_at": "2024-05-01T09:00:00Z",
    "conversations": [
        {"body_text": "Fraud?", "incoming": False, "private": True},
        {"body_text": "It is on its way.\nKim & team", "incoming": False, "private": False},
    ],
}  # fmt: skip
PLAIN = {
    "ticket": 4,
    "messages": [
        {"author": "Anna", "body": "I want my money back.", "time": "2024-05-01T09:00:00Z"},
        {"author": "Kim (support)", "body": "It is on its way.\nKim & team", "time": "2024-05-01T09:05:00Z"},
    ],
}
TICKETS = {"zendesk": ZENDESK, "intercom": INTERCOM, "freshdesk": FRESHDESK, "plain": PLAIN}


@pytest.mark.parametrize("desk", TICKETS)
@pytest.mark.parametrize("name", ["tickets.json", "tickets.jsonl"])
def test_tickets(take, desk, name):
    found = take([TICKETS[desk]] * 2, name)
    assert found.layout.format.name == "help_desk"
    ((ask, answer), _) = found.texts
    assert ask == "user: I want my money back."
    assert "\n".join(line for line in answer.split("\n") if line) == "assistant: It is on its way.\nKim & team"
    assert found.sound[0].time == 1714554000.0


@pytest.mark.parametrize(
    ("who", "text"), [("sender", "text"), ("role", "body"), ("from", "content"), ("author", "message")]
)
def test_plain_lists_under_many_names(take, who, text):
    row = {"id": 1, "messages": [{who: "client", text: "Hi"}, {who: "operator", text: "Hello"}]}
    assert take([row]).texts == [["user: Hi", "assistant: Hello"]]


def test_who_answers_is_asked_for_where_nothing_tells(take):
    row = {"id": 1, "messages": [{"author": "Anna", "body": "Hi"}, {"author": "Ben", "body": "Hello"}]}
    with pytest.raises(DataError, match=r"Authors: Anna \(1\), Ben \(1\)"):
        take([row])
    assert take([row], assistant="Ben").texts == [["user: Hi", "assistant: Hello"]]


def test_tickets_that_cannot_be_learned(take):
    found = take([ZENDESK, {**ZENDESK, "comments": ZENDESK["comments"][:2]}, {"id": 3}], "t.json")
    assert "nobody answers" in found.faults[0] and 'missing "messages"' in found.faults[1] and len(found.sound) == 1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("a<br/>b", "a\nb"),
        ("<ul><li>x</li><li>y</li></ul>", "- x\n- y"),
        ("<style>p{}</style><div>3 &lt; 4</div>", "3 < 4"),
        ("if a < b and c > d", "if a < b and c > d"),
        ("List<String> x", "List<String> x"),
        ("no tags &amp; no change", "no tags &amp; no change"),
        ("<p>broken <![if", "broken <![if"),
    ],
)
def test_html_as_text(html, text):
    assert plain(html) == text
