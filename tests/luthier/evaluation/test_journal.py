"""The journal: each batch once, whatever happens in between."""

import pytest

from luthier.evaluation.journal import Interrupted, Journal
from luthier.events import EventLog, EventTail

BATCHES = [[2, 0], [1], [3]]


@pytest.fixture
def log(tmp_path):
    return EventLog(tmp_path / "events.jsonl")


def doubled(batch: list[int]) -> list[int]:
    return [index * 2 for index in batch]


def forbidden(batch: list[int]) -> list[int]:
    raise AssertionError(f"batch {batch} was done before")


def test_results_come_in_the_order_of_the_indices(tmp_path, log):
    assert Journal(tmp_path / "j", 1, log, lambda: False).run("part", BATCHES, doubled) == [0, 2, 4, 6]


def test_a_finished_batch_is_never_done_again(tmp_path, log):
    first = Journal(tmp_path / "j", 1, log, lambda: False)
    first.run("part", BATCHES, doubled)
    second = Journal(tmp_path / "j", 1, log, lambda: False)
    assert second.run("part", BATCHES, forbidden) == [0, 2, 4, 6]
    assert second.seconds("part") == first.seconds("part")


def test_parts_do_not_mix(tmp_path, log):
    journal = Journal(tmp_path / "j", 1, log, lambda: False)
    journal.run("part", BATCHES, doubled)
    assert journal.run("other", BATCHES, lambda batch: [-index for index in batch]) == [0, -1, -2, -3]


def test_other_content_starts_afresh(tmp_path, log):
    Journal(tmp_path / "j", "old adapter", log, lambda: False).run("part", BATCHES, doubled)
    journal = Journal(tmp_path / "j", "new adapter", log, lambda: False)
    assert journal.run("part", BATCHES, lambda batch: batch) == [0, 1, 2, 3]


@pytest.mark.parametrize("kept", [0, 1, 10, 80])
def test_a_torn_last_line_costs_one_batch(tmp_path, log, kept):
    path = tmp_path / "j"
    Journal(path, 1, log, lambda: False).run("part", BATCHES, doubled)
    *whole, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole) + last[:kept])
    done = []
    journal = Journal(path, 1, log, lambda: False)
    assert journal.run("part", BATCHES, lambda batch: done.extend(batch) or doubled(batch)) == [0, 2, 4, 6]
    assert done == [3]
    assert Journal(path, 1, log, lambda: False).run("part", BATCHES, forbidden) == [0, 2, 4, 6]


def test_a_stop_is_heard_between_batches(tmp_path, log):
    heard = iter([False, False, True])
    journal = Journal(tmp_path / "j", 1, log, lambda: next(heard))
    with pytest.raises(Interrupted):
        journal.run("part", BATCHES, doubled)
    assert len(journal.lines) == 2


def test_progress_is_told_for_each_batch(tmp_path, log):
    Journal(tmp_path / "j", 1, log, lambda: False).run("part", BATCHES, doubled)
    events = list(EventTail(log.path).new())
    assert [(e["done"], e["total"]) for e in events if e["kind"] == "progress"] == [(2, 4), (3, 4), (4, 4)]
    assert events[0]["name"] == "part"
