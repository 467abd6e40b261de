"""The hours of a machine that joined."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.join.hours import DAYS, parse_hours
from luthier.errors import SpecError

MONDAY = datetime(2026, 11, 23)
MINUTES = st.integers(0, 24 * 60 - 1)
INSTANTS = st.integers(0, 14 * 24 * 60 - 1).map(lambda count: MONDAY + timedelta(minutes=count))


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@given(MINUTES, MINUTES, INSTANTS)
def test_a_window_and_its_complement_share_the_day(start, end, now):
    if start != end:
        there, back = parse_hours(f"{clock(start)}-{clock(end)}"), parse_hours(f"{clock(end)}-{clock(start)}")
        assert there.open_at(now) != back.open_at(now)


@given(st.integers(0, 6), st.integers(0, 6), INSTANTS)
def test_days_from_and_to_go_round_the_week(first, last, now):
    within = (now.weekday() - first) % 7 <= (last - first) % 7
    assert parse_hours(f"{DAYS[first]}-{DAYS[last]}").open_at(now) == within


@given(st.integers(0, 6), MINUTES, MINUTES, INSTANTS)
def test_over_midnight_belongs_to_the_day_on_which_it_begins(day, start, end, now):
    if start <= end:
        return
    minutes = int((now - MONDAY).total_seconds() // 60) % (7 * 24 * 60)
    since = (minutes - (day * 24 * 60 + start)) % (7 * 24 * 60)
    assert parse_hours(f"{DAYS[day]} {clock(start)}-{clock(end)}").open_at(now) == (since < 24 * 60 - start + end)


@given(MINUTES, MINUTES, st.integers(0, 6), INSTANTS)
def test_nothing_changes_before_it_is_said_to(start, end, day, now):
    if start == end:
        return
    hours = parse_hours(f"{clock(start)}-{clock(end)},{DAYS[day]}")
    change = hours.changes_at(now)
    assert change is not None
    assert hours.open_at(change) != hours.open_at(now) == hours.open_at(change - timedelta(minutes=1))


def test_no_hours_are_always_and_a_union_is_either():
    hours = parse_hours("19:00-07:00, sat, sun")
    friday, saturday = MONDAY + timedelta(days=4, hours=12), MONDAY + timedelta(days=5, hours=12)
    assert not hours.open_at(friday)
    assert hours.open_at(saturday)
    assert hours.open_at(friday.replace(hour=19))
    assert not hours.open_at(friday.replace(hour=18, minute=59))
    assert parse_hours("").open_at(friday)
    assert parse_hours("").changes_at(friday) is None


@pytest.mark.parametrize(
    "text", ["7-9", "19:00", "25:00-26:00", "10:75-11:00", "xyz", "mon-fun", "08:00-08:00", "24:00-01:00"]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(SpecError, match="hours"):
        parse_hours(text)
