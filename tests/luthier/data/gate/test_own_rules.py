"""A team's own expectations: a field, a regex, a Python rule; each blocks or warns, and none shows a text."""

import json

import pytest

from luthier.data.gate.rules import RuleRow, load_rules
from luthier.errors import DataError, Problems, SpecError

REGEX = {
    "type": "expect_column_values_to_not_match_regex",
    "severity": "critical",
    "kwargs": {"column": "answer", "regex": "(?i)acme"},
    "meta": {"reason": "An answer names a competitor."},
}
TOPIC = {
    "type": "expect_column_values_to_be_in_set",
    "severity": "critical",
    "kwargs": {"column": "topic", "value_set": ["billing", "login"]},
    "meta": {"reason": "A topic that nobody answers for."},
}
SENTENCES = {
    "type": "expect_column_values_to_be_between",
    "severity": "warning",
    "kwargs": {"column": "sentences", "max_value": 2},
    "meta": {"reason": "An answer is longer than our agents write."},
}
COLUMNS = (
    "import re\n\ndef sentences(row):\n    return row.answer.count('.')\n\ndef _helper(row):\n    raise ValueError\n"
)


@pytest.fixture
def rules(tmp_path):
    def written(*expectations, columns: str = ""):
        folder = tmp_path / "rules"
        folder.mkdir(exist_ok=True)
        (folder / "expectations.json").write_text(json.dumps({"expectations": list(expectations)}))
        if columns:
            (folder / "columns.py").write_text(columns)
        return folder

    return written


@pytest.fixture
def rows(lines):
    return [json.loads(line) | {"topic": "billing"} for line in lines(40).splitlines()]


def test_a_regex_blocks_and_names_the_row(work, lines, rows, rules):
    rows[11]["completion"] = "Better ask ACME Corp."
    with pytest.raises(Problems) as caught:
        work(lines(rows), rules=rules(REGEX))
    assert "An answer names a competitor. 1 rows: data.jsonl:12" in str(caught.value)
    rows[11]["completion"] = "Better ask us."
    assert work(lines(rows), rules=rules(REGEX)).validation["ok"]


def test_a_field_blocks(work, lines, rows, rules):
    rows[3]["topic"] = rows[5]["topic"] = "astrology"
    with pytest.raises(Problems, match=r"A topic that nobody answers for\. 2 rows: data\.jsonl:4, data\.jsonl:6"):
        work(lines(rows), rules=rules(TOPIC))


def test_a_python_rule_warns(work, lines, rows, rules):
    rows[7]["completion"] = "One. Two. Three."
    run, found = work(lines(rows), rules=rules(SENTENCES, columns=COLUMNS))
    assert found["ok"]
    assert [w["message"] for w in found["warnings"] if w["code"] == "sentences"] == [
        "An answer is longer than our agents write (1 rows)."
    ]


def test_no_text_leaves_by_a_rule(work, lines, rows, rules, tmp_path):
    rows[11]["completion"] = "Better ask ACME Corp, secret-4711."
    with pytest.raises(Problems) as caught:
        work(lines(rows), rules=rules(REGEX))
    assert "secret-4711" not in str(caught.value)
    written = [path for path in (tmp_path / "run").rglob("*") if path.is_file() and path.name != "page.html"]
    assert written and not [path for path in written if b"secret-4711" in path.read_bytes()]


@pytest.mark.parametrize(
    ("expectation", "columns", "told"),
    [
        ({"type": "expect_colum_values"}, "", "does not know expect_colum_values"),
        ({"kwargs": {}}, "", "expectation 1 has no type"),
        (REGEX | {"severity": "fatal"}, "", "has the severity 'fatal'"),
        (REGEX, "def broken(:\n", "columns.py cannot be loaded"),
        (REGEX, "raise SystemExit(0)\n", "columns.py cannot be loaded"),
        (REGEX | {"meta": "x"}, "", "meta of expectation 1 is no object"),
        (REGEX, "def broken(row):\n    return row.nothing\n", "broken failed at data.jsonl:1"),
    ],
)
def test_rules_that_cannot_be_used(work, lines, rows, rules, expectation, columns, told):
    with pytest.raises((SpecError, DataError)) as caught:
        work(lines(rows), rules=rules(expectation, columns=columns))
    assert told in str(caught.value) and caught.value.exit_code == 2


def test_a_column_that_is_not_there_is_a_broken_check(work, lines, rows, rules):
    wanted = TOPIC | {"kwargs": {"column": "tpoic", "value_set": ["billing"]}}
    with pytest.raises(Problems, match="the check itself broke"):
        work(lines(rows), rules=rules(wanted))


def test_no_folder(work, lines, tmp_path):
    with pytest.raises(SpecError, match=r"data\.rules: .*cannot be read"):
        work(lines(10), rules=tmp_path / "nowhere")


def test_only_public_functions_of_the_file_are_columns(rules):
    found = load_rules(rules(REGEX, columns=COLUMNS))
    assert list(found.columns) == ["sentences"]
    assert found.values(RuleRow([], "p", "a. b.", {"topic": "x"}), "d:1") == {
        "prompt": "p", "answer": "a. b.", "topic": "x", "sentences": 2
    }  # fmt: skip


def test_a_field_cannot_stand_in_for_the_text(work, lines, rows, rules):
    rows[11] |= {"completion": "Better ask ACME Corp.", "answer": "fine"}
    with pytest.raises(Problems, match="An answer names a competitor"):
        work(lines(rows), rules=rules(REGEX), columns={"prompt": "prompt", "completion": "completion"})


def test_a_field_cannot_make_rows_faulty(work, lines, rows, rules):
    for row in rows:
        row["structure_error"] = "none"
    assert work(lines(rows), rules=rules(TOPIC)).validation["ok"]


def test_a_field_that_a_chunk_lacks(work, lines, rows, rules, monkeypatch):
    monkeypatch.setattr("luthier.data.gate.frame.CHUNK", 1)
    monkeypatch.setattr("luthier.data.intake.CHUNK", 10)
    for row in rows[20:]:
        del row["topic"]
    assert work(lines(rows), rules=rules(TOPIC)).validation["ok"]


def test_a_warning_without_rows_does_not_block(work, lines, rows, rules):
    wanted = {"type": "expect_column_to_exist", "severity": "warning", "kwargs": {"column": "urgency"}}
    run, found = work(lines(rows), rules=rules(wanted))
    assert found["ok"] and any(w["code"] == "urgency" for w in found["warnings"])


def test_numbers_and_texts_in_one_field(work, lines, rows, rules):
    for number, row in enumerate(rows):
        row["level"] = str(number % 3) if number % 2 else number % 3
    wanted = TOPIC | {"kwargs": {"column": "level", "value_set": ["0", "1", "2"]}}
    assert work(lines(rows), rules=rules(wanted)).validation["ok"]


def test_rows_that_may_be_set_aside_are_not_named_as_the_cause(work, lines, rows, rules):
    rows[11]["completion"] = "Better ask ACME Corp."
    broken = lines([{"prompt": "no answer"}])
    with pytest.raises(Problems) as caught:
        work(lines(rows) + broken, rules=rules(REGEX), on_bad_rows="quarantine")
    assert str(caught.value).startswith("data.jsonl is refused.\n  - expect_column_values_to_not_match_regex(answer)")
    assert "missing" not in str(caught.value)
