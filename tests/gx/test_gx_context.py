"""The committed Great Expectations context: it decides, and nobody can thin it out unnoticed."""

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from luthier.data.gate.expectations import REQUIRED, ROWS, SET
from luthier.data.gate.frame import COLUMNS
from luthier.data.gate.judge import judge
from luthier.errors import DataError

PARAMETERS = {"faulty_share": 0.0, "max_length": 100}


def rows(sound: int, faulty: int = 0, **columns: Any) -> pd.DataFrame:
    """So many rows as the gate sees them."""
    line = {
        "accepted": 1,
        "last_role": "assistant",
        "tokens": 20,
        "trained_tokens": 5,
        "conflicting": False,
        "personal": 0,
    }
    lines = [{"source_line": f"d.jsonl:{n}", **line, **columns} for n in range(1, sound + 1)]
    lines += [
        {"source_line": f"d.jsonl:{sound + n}", "accepted": 0, "structure_error": "missing_field"}
        for n in range(1, faulty + 1)
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(COLUMNS)


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A copy of the committed context that a test may spoil."""
    copy = tmp_path / "gx"
    shutil.copytree(str(files("gx")), copy, ignore=shutil.ignore_patterns("uncommitted", "__pycache__"))
    return copy


def spoil(suites: Path, change, suite_name: str = ROWS) -> None:
    path = suites / "expectations" / f"{suite_name}.json"
    suite = json.loads(path.read_text())
    change(suite["expectations"])
    path.write_text(json.dumps(suite))


def test_sound_rows_pass_and_the_pages_load_nothing(tmp_path):
    verdict = judge([rows(600)], PARAMETERS, tmp_path / "docs")
    assert verdict.passed and verdict.max_severity is None and len(verdict.expectations) == len(REQUIRED)
    for page in (tmp_path / "docs").rglob("*.html"):
        assert not re.findall(r'<(?:link|img|script)\b[^>]*(?:src|href)="(?:https?:)?//', page.read_text())


def test_committed_context_stays_as_it_is(tmp_path):
    before = sorted(str(path) for path in Path(str(files("gx"))).rglob("*"))
    judge([rows(1)], PARAMETERS, tmp_path / "docs")
    assert sorted(str(path) for path in Path(str(files("gx"))).rglob("*")) == before


@pytest.mark.parametrize(("allowed", "passed"), [(0.0, False), (0.1, True), (0.05, False)])
def test_share_of_faulty_rows(tmp_path, allowed, passed):
    verdict = judge([rows(9, faulty=1)], {**PARAMETERS, "faulty_share": allowed}, tmp_path / "docs")
    assert verdict.passed is passed


def test_the_share_counts_over_all_chunks(tmp_path):
    """Faulty rows that stand together must not block where one in ten is allowed over all rows."""
    first, second = rows(10), rows(8, faulty=2).assign(source_line=[f"d.jsonl:{n}" for n in range(11, 21)])
    assert judge([first, second], {**PARAMETERS, "faulty_share": 0.1}, tmp_path / "docs").passed
    assert not judge([first, second], {**PARAMETERS, "faulty_share": 0.09}, tmp_path / "docs").passed


def test_a_row_of_another_chunk_read_twice(tmp_path):
    verdict = judge([rows(5), rows(5)], PARAMETERS, tmp_path / "docs")
    assert not verdict.passed and [each["column"] for each in verdict.failed if each["severity"] == "critical"] == [
        "repeated_lines"
    ]


def test_failures_of_all_chunks_count(tmp_path):
    chunks = [rows(3, personal=1), rows(4).assign(source_line=[f"e.jsonl:{n}" for n in range(4)])]
    (failed,) = [each for each in judge(chunks, PARAMETERS, tmp_path / "docs").failed if each["column"] == "personal"]
    assert failed["unexpected"] == 3 and failed["severity"] == "warning"


def test_no_rows_do_not_pass(tmp_path):
    for chunks in ([], [rows(1)[:0]]):
        verdict = judge(chunks, PARAMETERS, tmp_path / "docs")
        assert not verdict.passed and verdict.max_severity == "critical"


def test_warnings_do_not_block(tmp_path):
    verdict = judge([rows(2)], {**PARAMETERS, "max_length": 10}, tmp_path / "docs")
    assert verdict.passed and verdict.max_severity == "warning"
    assert {each["column"] for each in verdict.failed} == {"accepted", "tokens"}


@pytest.mark.parametrize("index", range(len(REQUIRED)))
def test_a_deleted_expectation_is_missed(suites, tmp_path, index):
    suite, kind, column, *_ = REQUIRED[index]
    spoil(suites, lambda all_: all_.remove(next(
        each for each in all_ if (each["type"], each["kwargs"].get("column", "")) == (kind, column)
    )), suite)  # fmt: skip
    with pytest.raises(DataError, match=re.escape(f"{kind}({column})")) as caught:
        judge([rows(1)], PARAMETERS, tmp_path / "docs", suites)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("change", [
    lambda all_: all_[3].update(type="expect_column_values_to_be_nul"),
    lambda all_: all_[3]["kwargs"].update(column="structure_eror"),
    lambda all_: all_[3]["kwargs"].update(mostlyy=0.1),
    lambda all_: all_[3].pop("type"),
    lambda all_: all_.clear(),
    lambda all_: all_[3].update(kwargs=[]),
])  # fmt: skip
def test_a_misspelt_expectation_is_refused(suites, tmp_path, change):
    spoil(suites, change)
    with pytest.raises(DataError):
        judge([rows(1)], PARAMETERS, tmp_path / "docs", suites)


@pytest.mark.parametrize(("suite", "change"), [
    (ROWS, lambda all_: all_[3].update(severity="warning")),
    (ROWS, lambda all_: all_[4]["kwargs"].update(mostly=0.5)),
    (ROWS, lambda all_: all_[3]["kwargs"]["value_set"].append("user")),
    (SET, lambda all_: all_[5]["kwargs"].update(max_value=1)),
    (SET, lambda all_: all_[3].update(severity="info")),
])  # fmt: skip
def test_a_softened_expectation_is_missed(suites, tmp_path, suite, change):
    spoil(suites, change, suite)
    with pytest.raises(DataError, match="lacks expect_column_values.*severity or values were changed"):
        judge([rows(1)], PARAMETERS, tmp_path / "docs", suites)


def test_a_misspelt_further_expectation_is_refused(suites, tmp_path):
    extra = {"type": "expect_collumn_to_exist", "kwargs": {"column": "tokens"}, "severity": "warning", "meta": {}}
    spoil(suites, lambda all_: all_.append(extra))
    with pytest.raises(DataError, match="does not know expect_collumn_to_exist"):
        judge([rows(1)], PARAMETERS, tmp_path / "docs", suites)


def test_a_check_that_breaks_blocks_whatever_its_severity(suites, tmp_path):
    extra = {"type": "expect_column_values_to_be_null", "kwargs": {"column": "no_such"}, "severity": "info", "meta": {}}
    spoil(suites, lambda all_: all_.append(extra))
    verdict = judge([rows(1)], PARAMETERS, tmp_path / "docs", suites)
    assert not verdict.passed and any(each["broken"] for each in verdict.failed)


@pytest.mark.parametrize(
    "lost",
    ["checkpoints/rows.json", "checkpoints/set.json", "expectations/training_set.json", "great_expectations.yml"],
)
def test_a_lost_file_stops_the_gate(suites, tmp_path, lost):
    (suites / lost).unlink()
    with pytest.raises(DataError, match="gx"):
        judge([rows(1)], PARAMETERS, tmp_path / "docs", suites)


def test_a_broken_suite_file_stops_the_gate(suites, tmp_path):
    (suites / "expectations" / "training_rows.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        judge([rows(1)], PARAMETERS, tmp_path / "docs", suites)


def test_many_gates_at_a_time(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    good, bad = [rows(1)], [rows(1, faulty=1)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: judge((good, bad)[n % 2], PARAMETERS, tmp_path / f"docs{n}").passed, range(8)))
    assert found == [True, False] * 4


@pytest.mark.parametrize("name", [ROWS, SET])
def test_every_expectation_says_why(name):
    suite = json.loads((Path(str(files("gx"))) / "expectations" / f"{name}.json").read_text())
    assert all(each["meta"]["reason"] and each["severity"] for each in suite["expectations"])
