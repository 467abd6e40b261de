"""Day files of a Slack export."""

import orjson
import pytest

from luthier.errors import DataError

USERS = [
    {"id": "U1", "team_id": "T", "name": "anna", "profile": {"real_name": "Anna"}},
    {"id": "U2", "team_id": "T", "name": "ben", "real_name": "Ben"},
]


def message(user, text, ts, **more):
    return {"type": "message", "user": user, "text": text, "ts": f"{1714554000 + ts}.000100", **more}


ROOT = "1714554000.000100"
DAY = [
    {"type": "message", "subtype": "channel_join", "user": "U1", "text": "<@U1> has joined", "ts": "1714550000.1"},
    message("U1", "Does the build fail for you, <@U2>?", 0, thread_ts=ROOT),
    message("U1", "Lunch?", 60),
    message("U2", "Yes, since noon.", 120, thread_ts=ROOT),
    message("U2", "Gladly.", 180),
    message("U2", "", 200, files=[{}]),
]


@pytest.mark.parametrize("assistant", ["Ben", "U2", "ben"])
def test_threads_and_what_is_said_outside_of_them(tmp_path, take, assistant):
    (tmp_path / "users.json").write_bytes(orjson.dumps(USERS))
    found = take(DAY, "general/2024-05-01.json", assistant=assistant)
    assert found.layout.format.name == "slack"
    assert found.texts == [
        ["user: Does the build fail for you, <@U2>?", "assistant: Yes, since noon."],
        ["user: Lunch?", "assistant: Gladly."],
    ]
    assert found.rows.count(None) == 2 and found.sound[0].time == 1714554000.0001
    assert found.sound[0].group == ROOT


def test_people_are_listed_by_name(tmp_path, take):
    (tmp_path / "users.json").write_bytes(orjson.dumps(USERS))
    with pytest.raises(DataError, match=r"Authors: Anna \(2\), Ben \(2\)"):
        take(DAY, "general/2024-05-01.json")


def test_without_a_list_of_people_their_keys_do(take):
    assert len(take(DAY, assistant="U2").sound) == 2


@pytest.mark.parametrize("name", ["users.json", "channels.json"])
def test_lists_of_people_and_channels_are_passed_over(take, name):
    rows = USERS if name == "users.json" else [{"id": "C1", "name": "general", "members": ["U1"], "creator": "U1"}]
    found = take(rows, name)
    assert found.rows == [None] * len(rows) and found.layout.format.name == "slack"


def test_a_list_that_does_not_help_is_no_matter(tmp_path, take):
    (tmp_path / "users.json").write_bytes(b"{broken")
    assert len(take(DAY, "general/day.json", assistant="U2").sound) == 2
