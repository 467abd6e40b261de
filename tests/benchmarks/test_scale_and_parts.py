"""A line through the points; a run's time by what went on; no table without its place."""

import os

import pytest

from benchmarks import guide
from benchmarks.parts import worker_parts
from benchmarks.scale import Series, fit, row
from luthier.run_folder import RunFolder
from luthier.storage import append_jsonl, write_json


def test_fit_finds_the_line():
    a, b, worst = fit([10, 100, 1000], [3.2, 5.0, 23.0])
    assert (a, b, worst) == (pytest.approx(3), pytest.approx(0.02), pytest.approx(0, abs=1e-9))


def test_fit_says_what_is_not_linear():
    assert fit([10, 100, 1000], [1.0, 10.0, 1000.0])[2] > 0.3


def test_row_tells_the_slope_in_the_series_unit():
    series = Series("reading", "1,000 rows", [1_000, 10_000])
    told = row(series, [{"cpu_s": 3.0, "peak_mb": 500.4}, {"cpu_s": 12.0, "peak_mb": 600.0}])
    assert told == "| reading | 1,000 · 10,000 | 3.0 · 12.0 | 2.0 + 1 per 1,000 rows (worst 0 % off) | 500 · 600 |"


def test_parts_add_up_to_the_attempt(tmp_path):
    run = RunFolder(tmp_path / "run")
    attempt = run.attempt(1)
    write_json(attempt.job, {"kind": "train"})
    os.utime(attempt.job, (100, 100))
    told = [
        (103, {"kind": "phase", "name": "loading model"}), (105, {"kind": "phase", "name": "training"}),
        (110, {"kind": "metrics", "step": 1, "train_loss": 2.0}), (114, {"kind": "metrics", "validation_loss": 2.0}),
        (115, {"kind": "checkpoint", "step": 1}),
    ]  # fmt: skip
    for time, event in told:
        append_jsonl(attempt.events, {"time": time, **event})
    write_json(attempt.result, {})
    os.utime(attempt.result, (118, 118))
    assert list(worker_parts(run)) == [
        ("train: start of the process, imports", 3), ("train: loading model", 2), ("train: steps", 5),
        ("train: looks at the validation loss", 4), ("train: writing checkpoints", 1), ("train: training", 3),
    ]  # fmt: skip


def test_a_table_without_a_place_is_refused(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("<!-- here -->\nold\n<!-- /here -->\nafter\n")
    monkeypatch.setattr(guide, "GUIDE", page)
    guide.write_table("here", "new")
    assert page.read_text() == "<!-- here -->\nnew\n<!-- /here -->\nafter\n"
    with pytest.raises(ValueError, match="no place marked there"):
        guide.write_table("there", "new")
