"""Trends, and which preset is best for its cost, in words that small numbers bear."""

from datetime import UTC, datetime

import pytest
from made_runs import make
from report_run import make_spec

from luthier.catalogue.presets import best, grouped, so_far
from luthier.catalogue.row import Row
from luthier.catalogue.tally import share, tally
from luthier.catalogue.trends import trends
from luthier.settings import Settings


def row(status: str = "completed", day: str = "2026-11-20", **fields) -> Row:
    when = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    known = {"run_id": "r", "name": "r", "started": True, "created": when, "changed": when, "seconds": 3600, "usd": 0}
    return Row.model_validate(known | {"status": status, "preset": "balanced"} | fields)


def test_wilson_is_the_published_interval():
    """Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, and 0 of 20."""
    found = share(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert (share(0, 20).low, round(share(0, 20).high, 4)) == (0.0, 0.1611)
    assert share(0, 0).share is None


def test_a_tally_counts_what_has_ended():
    rows = [row(verdict="improved", change=0.1), row(verdict="not_shown", change=0.0), row("failed"), row("running")]
    found = tally("all", rows)
    assert (found.runs, found.under_way, found.completed.count, found.completed.of) == (4, 1, 2, 3)
    assert (found.improved.count, found.improved.of, found.median_change) == (1, 2, 0.05)
    assert found.hours == 4 and found.per_usd is None and found.per_hour == 0.05


def test_samples_and_checks_are_no_part_of_it():
    assert trends([row(sample=True), row(started=False), row("unreadable")], "week") == []


def test_periods_are_named_and_in_order():
    rows = [row(day="2026-12-31"), row(day="2027-01-01"), row(day="2026-11-02")]
    assert [(one.name, one.runs) for one in trends(rows, "week")] == [("2026-W45", 1), ("2026-W53", 2)]
    assert [one.name for one in trends(rows, "month")] == ["2026-11", "2026-12", "2027-01"]


def made(preset: str, count: int, change: float, **fields) -> list[Row]:
    return [row(preset=preset, change=change, **{"verdict": "improved"} | fields) for _ in range(count)]


@pytest.mark.parametrize(
    ("rows", "name", "unit", "why"),
    [
        (made("a", 4, 0.9), None, "hour", "none has 5 completed runs"),
        (made("a", 4, 0.9) + made("b", 5, 0.1), None, "hour", "only b has 5 completed runs"),
        (made("a", 5, 0.2) + made("b", 5, 0.1), "a", "hour", "may be chance: b improved about as often"),
        (made("a", 9, 0.2) + made("b", 9, 0.1, verdict="not_shown"), "a", "hour", "improved more of its runs"),
        (made("a", 5, 0.2, usd=4) + made("b", 5, 0.1, usd=1), "b", "usd", "chance"),
        (made("a", 5, 0.2, usd=4) + made("b", 5, 0.1), "a", "hour", "chance"),
        (made("a", 5, -0.2) + made("b", 5, -0.1), None, "hour", "none has gained anything"),
    ],
)
def test_best_for_its_cost(rows, name, unit, why):
    found = best(grouped(rows, "preset"))
    assert (found.name, found.unit) == (name, unit) and why in found.why


def test_how_it_went_so_far(tmp_path):
    settings = Settings(home=tmp_path)
    assert so_far(settings, make_spec()) == []
    for number in range(4):
        make(settings, f"a-{number}", verdict="improved" if number else "worse", recipe="demo")
    make(settings, "b-1", "failed")
    made_from_demo = make_spec(recipe="demo")
    assert so_far(settings, made_from_demo) == [
        "So far in this home: 4 of 5 runs with balanced completed, 3 improved.",
        "So far in this home: 4 of 4 runs of the recipe demo completed, 3 improved (too few to tell).",
    ]
    assert so_far(settings, make_spec(training={"preset": "aggressive"})) == []
    assert datetime.now(UTC)
