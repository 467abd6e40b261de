"""data.where keeps the rows that it describes, and says why it leaves another out."""

import pytest

from luthier.data.wanted import Wanted
from luthier.errors import Problems, SpecError

ROW = {"topic": "Billing", "score": 4, "scores.empathy": "3.5", "resolved": True, "day": "2025-03-01"}


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ({"topic": "billing"}, True),
        ({"topic": ["login", "billing"]}, True),
        ({"topic": ["login"]}, False),
        ({"topic": "!=billing"}, False),
        ({"topic": "!=login"}, True),
        ({"score": 4}, True),
        ({"score": ">=4"}, True),
        ({"score": ">4"}, False),
        ({"scores.empathy": "<4"}, True),
        ({"scores.empathy": ">=4"}, False),
        ({"resolved": True}, True),
        ({"resolved": False}, False),
        ({"score": True}, False),
        ({"day": ">=2025-01-01"}, True),
        ({"day": "<2025-01-01"}, False),
        ({"topic": "billing", "score": "<4"}, False),
        ({"nowhere": "x"}, False),
    ],
)
def test_which_rows_are_kept(where, kept):
    assert (Wanted(where).refuses(ROW) == "") is kept


def test_why_a_row_is_left_out():
    assert Wanted({"topic": ["login"]}).refuses(ROW) == "filtered: topic is 'Billing', not one of ['login']"
    assert Wanted({"score": ">=5"}).refuses(ROW) == "filtered: score is 4, not >=5"


def test_a_field_that_no_row_has():
    wanted = Wanted({"tpoic": "billing"})
    wanted.refuses(ROW)
    with pytest.raises(SpecError, match=r'data\.where\.tpoic: no row has a field "tpoic"\. Did you mean topic\?'):
        wanted.check_fields()


def test_through_the_whole_preparation(work, lines):
    import json

    rows = [
        json.loads(line) | {"topic": "billing" if n % 3 else "login"} for n, line in enumerate(lines(60).splitlines())
    ]
    run, found = work(lines(rows), where={"topic": "billing"})
    assert (found["read"], found["accepted"], found["reasons"]) == (60, 40, {"filtered": 20})
    assert found["ok"] and not found["errors"]  # rows that are not wanted are not faulty


def test_nothing_is_wanted(work, lines):
    import json

    rows = [
        json.loads(line) | {"topic": "billing" if n % 3 else "login"} for n, line in enumerate(lines(30).splitlines())
    ]
    broken = [{"prompt": "no answer", "topic": "login"}]
    with pytest.raises(Problems, match=r"data\.where: none of 30 rows is wanted.*topic: billing, login"):
        work(lines([*rows, *broken]), where={"topic": "astrology"}, on_bad_rows="quarantine", max_quarantined=1)
