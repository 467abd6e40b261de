"""Choosing and ordering rows holds for any rows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from made_runs import make

from luthier.catalogue.filters import KEYS, Wanted, check_known, ordered, searched
from luthier.catalogue.reading import all_runs
from luthier.catalogue.row import STATUSES, VERDICTS, Row
from luthier.errors import NotFound
from luthier.settings import Settings
from luthier.storage import write_text

TIMES = some.integers(0, 500).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
FIGURES = some.none() | some.floats(-1, 1)
NAMES = some.sampled_from(["", "a", "B", "ä"])
ROWS = some.lists(
    some.builds(
        Row, run_id=some.text(max_size=3), name=NAMES, status=some.sampled_from(STATUSES), started=some.booleans(),
        project=NAMES, creator=NAMES, preset=NAMES, recipe=NAMES, created=TIMES, changed=TIMES, change=FIGURES,
        usd=FIGURES, verdict=some.none() | some.sampled_from(VERDICTS),
    ),
    max_size=12,
)  # fmt: skip
AMONG = some.dictionaries(some.sampled_from(KEYS), some.lists(NAMES.filter(bool), max_size=2), max_size=3)
WANTED = some.builds(
    Wanted, among=AMONG, since=some.none() | TIMES, until=some.none() | TIMES, min_change=FIGURES, max_usd=FIGURES,
    unstarted=some.booleans(),
)  # fmt: skip


@given(ROWS, WANTED)
def test_a_filter_gives_a_part_and_each_condition_holds(rows, wanted):
    found = [row for row in rows if wanted.takes(row)]
    for row in found:
        assert row.started or wanted.unstarted
        assert wanted.min_change is None or row.change >= wanted.min_change
        assert wanted.max_usd is None or row.usd <= wanted.max_usd
        assert wanted.since is None or row.created >= wanted.since
        assert all(
            not values or getattr(row, key).lower() in map(str.lower, values) for key, values in wanted.among.items()
        )
    assert len([row for row in found if wanted.takes(row)]) == len(found)


@given(ROWS)
def test_no_condition_leaves_out_only_what_nobody_started(rows):
    assert [row for row in rows if Wanted().takes(row)] == [row for row in rows if row.started]
    assert [row for row in rows if Wanted(unstarted=True).takes(row)] == rows


@given(ROWS, some.sampled_from([*Row.model_fields]), some.booleans())
def test_order_is_stable_and_what_is_not_known_comes_last(rows, key, descending):
    found = ordered(rows, key, descending)
    assert sorted(map(id, found)) == sorted(map(id, rows))
    values = [getattr(row, key) for row in found]
    lacking = [value in (None, "") for value in values]
    assert lacking == sorted(lacking)
    known = [value.casefold() if isinstance(value, str) else value for value in values if value not in (None, "")]
    assert known == sorted(known, reverse=descending)
    place = {id(row): at for at, row in enumerate(rows)}
    for first, second in zip(found, found[1:], strict=False):
        one, two = (getattr(row, key) for row in (first, second))
        if one == two:
            assert place[id(first)] < place[id(second)]


def test_an_unknown_value_is_told_the_known_ones(tmp_path):
    settings = Settings(home=tmp_path)
    make(settings, "bot-1", project="acme")
    rows = all_runs(settings)
    check_known(rows, {"project": ["ACME"], "verdict": ["worse"], "status": ["running"]})
    with pytest.raises(NotFound, match=r"--project: no run has project acne\. Did you mean acme\? Known: acme\."):
        check_known(rows, {"project": ["acne"]})


def test_search_looks_in_names_notes_and_the_spec(tmp_path):
    settings = Settings(home=tmp_path)
    make(settings, "bot-1", notes="Zürich office")
    make(settings, "cat-1", seed=4711)
    write_text(make(settings, "dog-1").spec, "a: [")
    rows = all_runs(settings)
    for text, run_ids in (("ZÜRICH", ["bot-1"]), ("seed: 4711", ["cat-1"]), ("dog", ["dog-1"]), ("nothing", [])):
        assert [row.run_id for row in searched(rows, text, settings)] == run_ids
