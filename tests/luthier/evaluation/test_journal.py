"""The journal: each answer once, whatever happens in between."""

import pytest

from luthier.evaluation.journal import Interrupted, Journal
from luthier.events import EventLog, EventTail

ORDER = [2, 0, 1, 3]


@pytest.fixture
def log(tmp_path):
    return EventLog(tmp_path / "events.jsonl")


def doubled(missing: set[int]):
    return ((index, index * 2) for index in ORDER if index in missing)


def forbidden(missing: set[int]):
    raise AssertionError(f"{missing} were done before")


def test_results_come_in_the_order_of_the_indices(tmp_path, log):
    assert Journal(tmp_path / "j", 1, log, lambda: False).run("part", 4, doubled) == [0, 2, 4, 6]


def test_a_finished_answer_is_never_asked_again(tmp_path, log):
    first = Journal(tmp_path / "j", 1, log, lambda: False)
    first.run("part", 4, doubled)
    second = Journal(tmp_path / "j", 1, log, lambda: False)
    assert second.run("part", 4, forbidden) == [0, 2, 4, 6]
    assert second.seconds("part") == first.seconds("part") > 0


def test_parts_do_not_mix(tmp_path, log):
    journal = Journal(tmp_path / "j", 1, log, lambda: False)
    journal.run("part", 4, doubled)
    assert journal.run("other", 4, lambda missing: ((index, -index) for index in missing)) == [0, -1, -2, -3]


def test_other_content_starts_afresh(tmp_path, log):
    Journal(tmp_path / "j", "old adapter", log, lambda: False).run("part", 4, doubled)
    journal = Journal(tmp_path / "j", "new adapter", log, lambda: False)
    assert journal.run("part", 4, lambda missing: zip(missing, missing, strict=True)) == [0, 1, 2, 3]


@pytest.mark.parametrize("kept", [0, 1, 10, 80])
def test_a_torn_last_line_costs_one_answer(tmp_path, log, kept):
    path = tmp_path / "j"
    Journal(path, 1, log, lambda: False).run("part", 4, doubled)
    *whole, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole) + last[:kept])
    asked = []
    journal = Journal(path, 1, log, lambda: False)
    assert journal.run("part", 4, lambda missing: asked.extend(missing) or doubled(missing)) == [0, 2, 4, 6]
    assert asked == [3]
    assert Journal(path, 1, log, lambda: False).run("part", 4, forbidden) == [0, 2, 4, 6]


@pytest.mark.parametrize("after", range(4))
def test_a_stop_is_heard_after_any_answer_and_loses_none(tmp_path, log, after):
    heard = iter([*[False] * after, True])
    with pytest.raises(Interrupted):
        Journal(tmp_path / "j", 1, log, lambda: next(heard)).run("part", 4, doubled)
    asked = []
    journal = Journal(tmp_path / "j", 1, log, lambda: False)
    assert journal.run("part", 4, lambda missing: asked.extend(missing) or doubled(missing)) == [0, 2, 4, 6]
    assert sorted(asked) == sorted(ORDER[after:])


def test_seconds_are_those_of_all_attempts(tmp_path, log):
    heard = iter([False, False, True])
    journal = Journal(tmp_path / "j", 1, log, lambda: next(heard))
    with pytest.raises(Interrupted):
        journal.run("part", 4, doubled)
    before = journal.seconds("part")
    resumed = Journal(tmp_path / "j", 1, log, lambda: False)
    resumed.run("part", 4, doubled)
    assert resumed.seconds("part") > before > 0
    assert resumed.seconds("other") == 0


def test_progress_is_told_for_each_answer(tmp_path, log):
    Journal(tmp_path / "j", 1, log, lambda: False).run("part", 4, doubled)
    events = list(EventTail(log.path).new())
    assert [(e["done"], e["total"]) for e in events if e["kind"] == "progress"] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert events[0]["name"] == "part"
