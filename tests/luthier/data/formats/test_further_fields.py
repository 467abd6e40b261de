"""What a row holds besides its conversation: fields, time, group."""

import pytest

from luthier.data.formats.times import moment
from luthier.errors import SpecError

ROW = {"prompt": "Hi", "completion": "Hello"}


def test_scalars_are_kept_under_dotted_names(take):
    more = {
        "topic": "greeting", "score": 4.5, "ok": True, "nothing": None, "long": "x" * 201, "list": [1],
        "metadata": {"persona": "nurse", "scores": {"empathy": 5}}, "a": {"b": {"c": 1, "d": {"e": 2}}},
    }  # fmt: skip
    (row,) = take([ROW | more]).sound
    kept = {"topic": "greeting", "score": 4.5, "ok": True, "persona": "nurse", "scores.empathy": 5, "a.b.c": 1}
    assert row.meta == kept and row.group == "" and row.time is None


def test_many_fields_and_deep_ones_do_no_harm(take):
    deep = b'{"prompt": "Hi", "completion": "Hello", "x": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}\n"
    assert len(take(deep).sound) == 1
    (row,) = take([ROW | {f"field{n}": n for n in range(5000)} | {"big": 2**64 - 1}]).sound
    assert len(row.meta) == 50


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2024-05-01T09:00:00Z", 1714554000), ("2024-05-01T11:00:00+02:00", 1714554000), 
        ("2024-05-01 09:00", 1714554000),
        (1714554000, 1714554000), (1714554000.0, 1714554000), (1714554000000, 1714554000), ("1714554000", 1714554000),
        ("1714554000.000200", 1714554000.0002), ("Wed, 01 May 2024 09:00:00 +0000", 1714554000),
        ("May 1, 2024 9:00 AM", 1714554000), ("01.05.2024 09:00", 1714554000), ("5/1/2024 9:00", 1714554000),
        ("31/05/2024", 1717113600), ("2024-05-01", 1714521600),
        (None, None), ("", None), ("soon", None), ("12", None), ("May", None), (True, None), (3, None), ([1], None),
        (float("nan"), None), (float("inf"), None), ("9" * 40, None), ("2024-99-99", None), ("\0", None),
        ("1/2/" + "3" * 50, None),
    ],
)  # fmt: skip
def test_moments(value, seconds):
    assert moment(value) == seconds


def test_days_stand_first_where_a_date_proves_it(take):
    rows = [ROW | {"date": date} for date in ("03/04/2024", "25/12/2024")]
    assert [row.time for row in take(rows).sound] == [1712102400.0, 1735084800.0]
    rows = [ROW | {"date": date} for date in ("03/04/2024", "12/25/2024")]
    assert [row.time for row in take(rows).sound] == [1709510400.0, 1735084800.0]


@pytest.mark.parametrize("name", ["created_at", "timestamp", "createdAt", "Date", "ts", "Created at"])
def test_names_of_the_time(take, name):
    assert take([ROW | {name: "2024-05-01"}]).sound[0].time == 1714521600.0


@pytest.mark.parametrize("name", ["conversation_id", "threadId", "Session ID", "ticket_id", "group"])
@pytest.mark.parametrize(("value", "group"), [(7, "7"), (7.0, "7"), ("a", "a"), (None, ""), (" ", ""), ([], "")])
def test_names_of_the_group(take, name, value, group):
    assert take([ROW | {name: 1}, ROW | {name: value}]).sound[1].group == group


def test_time_and_group_may_be_named_for_any_layout(take):
    rows = [ROW | {"when": 1714554000, "case": "x"}]
    (row,) = take(rows, columns={"time": "when", "group": "case"}).sound
    assert row.time == 1714554000 and row.group == "x"
    nested = [ROW | {"metadata": {"when": 1714554000}}]
    assert take(nested, columns={"time": "when"}).sound[0].time == 1714554000
    with pytest.raises(SpecError, match="data.columns.time"):
        take(rows, columns={"time": "nowhere"})
