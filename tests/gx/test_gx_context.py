"""The committed Great Expectations context: it decides, and nobody can thin it out unnoticed."""

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from luthier.data.gate.expectations import REQUIRED
from luthier.data.gate.frame import frame
from luthier.data.gate.judge import judge
from luthier.data.inspection.duplicates import inspect
from luthier.data.record import Fault, Record
from luthier.errors import DataError

PARAMETERS = {"sound_share": 1.0, "max_length": 100}


def record(number: int, **known: Any) -> Record:
    texts = [{"role": "user", "content": f"what is {number}"}, {"role": "assistant", "content": f"reply {number * 7}"}]
    return Record(number, b"", messages=texts, tokens=20, trained=5, **known)


def rows(records: list[Record]):
    return frame(records, inspect([each for each in records if not each.fault]))


FAULT = Fault("missing_field", "missing", "", "")


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A copy of the committed context that a test may spoil."""
    copy = tmp_path / "gx"
    shutil.copytree(str(files("gx")), copy, ignore=shutil.ignore_patterns("uncommitted", "__pycache__"))
    return copy


def spoil(suites: Path, change) -> None:
    path = suites / "expectations" / "training_rows.json"
    suite = json.loads(path.read_text())
    change(suite["expectations"])
    path.write_text(json.dumps(suite))


def test_sound_rows_pass_and_the_pages_load_nothing(tmp_path):
    verdict = judge(rows([record(i) for i in range(1, 600)]), PARAMETERS, tmp_path / "docs")
    assert verdict.passed and verdict.max_severity is None and len(verdict.expectations) == len(REQUIRED)
    for page in (tmp_path / "docs").rglob("*.html"):
        assert not re.findall(r'<(?:link|img|script)\b[^>]*(?:src|href)="(?:https?:)?//', page.read_text())


def test_committed_context_stays_as_it_is(tmp_path):
    before = sorted(str(path) for path in Path(str(files("gx"))).rglob("*"))
    judge(rows([record(1)]), PARAMETERS, tmp_path / "docs")
    assert sorted(str(path) for path in Path(str(files("gx"))).rglob("*")) == before


@pytest.mark.parametrize(("share", "passed"), [(1.0, False), (0.9, True), (0.95, False)])
def test_share_of_faulty_rows(tmp_path, share, passed):
    records = [record(i) for i in range(1, 10)] + [record(10, fault=FAULT)]
    verdict = judge(rows(records), {**PARAMETERS, "sound_share": share}, tmp_path / "docs")
    assert verdict.passed is passed


def test_no_rows_do_not_pass(tmp_path):
    verdict = judge(rows([record(1)])[:0], PARAMETERS, tmp_path / "docs")
    assert not verdict.passed and verdict.max_severity == "critical"


def test_warnings_do_not_block(tmp_path):
    verdict = judge(rows([record(1), record(1 + 1)]), {**PARAMETERS, "max_length": 10}, tmp_path / "docs")
    assert verdict.passed and verdict.max_severity == "warning"
    assert {each["column"] for each in verdict.failed} == {"accepted", "tokens"}


@pytest.mark.parametrize("index", range(len(REQUIRED)))
def test_a_deleted_expectation_is_missed(suites, tmp_path, index):
    kind, column, *_ = REQUIRED[index]
    spoil(suites, lambda all_: all_.remove(next(
        each for each in all_ if (each["type"], each["kwargs"].get("column", "")) == (kind, column)
    )))  # fmt: skip
    with pytest.raises(DataError, match=re.escape(f"{kind}({column})")) as caught:
        judge(rows([record(1)]), PARAMETERS, tmp_path / "docs", suites)
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
        judge(rows([record(1)]), PARAMETERS, tmp_path / "docs", suites)


@pytest.mark.parametrize("change", [
    lambda all_: all_[3].update(severity="warning"),
    lambda all_: all_[3]["kwargs"].update(mostly=0),
    lambda all_: all_[5]["kwargs"].update(mostly=0.5),
    lambda all_: all_[4]["kwargs"]["value_set"].append("user"),
])  # fmt: skip
def test_a_softened_expectation_is_missed(suites, tmp_path, change):
    spoil(suites, change)
    with pytest.raises(DataError, match="lacks expect_column_values.*severity or values were changed"):
        judge(rows([record(1)]), PARAMETERS, tmp_path / "docs", suites)


def test_a_misspelt_further_expectation_is_refused(suites, tmp_path):
    extra = {"type": "expect_collumn_to_exist", "kwargs": {"column": "tokens"}, "severity": "warning", "meta": {}}
    spoil(suites, lambda all_: all_.append(extra))
    with pytest.raises(DataError, match="does not know expect_collumn_to_exist"):
        judge(rows([record(1)]), PARAMETERS, tmp_path / "docs", suites)


def test_a_check_that_breaks_blocks_whatever_its_severity(suites, tmp_path):
    extra = {"type": "expect_column_values_to_be_null", "kwargs": {"column": "no_such"}, "severity": "info", "meta": {}}
    spoil(suites, lambda all_: all_.append(extra))
    verdict = judge(rows([record(1)]), PARAMETERS, tmp_path / "docs", suites)
    assert not verdict.passed and any(each["broken"] for each in verdict.failed)


@pytest.mark.parametrize("lost", ["checkpoints/gate.json", "expectations/training_rows.json", "great_expectations.yml"])
def test_a_lost_file_stops_the_gate(suites, tmp_path, lost):
    (suites / lost).unlink()
    with pytest.raises(DataError, match="gx"):
        judge(rows([record(1)]), PARAMETERS, tmp_path / "docs", suites)


def test_a_broken_suite_file_stops_the_gate(suites, tmp_path):
    (suites / "expectations" / "training_rows.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        judge(rows([record(1)]), PARAMETERS, tmp_path / "docs", suites)


def test_many_gates_at_a_time(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    good, bad = rows([record(1)]), rows([record(1), record(2, fault=FAULT)])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: judge((good, bad)[n % 2], PARAMETERS, tmp_path / f"docs{n}").passed, range(8)))
    assert found == [True, False] * 4


def test_every_expectation_says_why():
    suite = json.loads((Path(str(files("gx"))) / "expectations" / "training_rows.json").read_text())
    assert all(each["meta"]["reason"] and each["severity"] in ("critical", "warning") for each in suite["expectations"])
