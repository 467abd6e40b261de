"""A row a run, from its folder alone, whatever state the folder is in."""

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator
from made_runs import make

from luthier import notes
from luthier.catalogue.detail import describe, starts
from luthier.catalogue.marks import marks
from luthier.catalogue.reading import all_runs, row_of
from luthier.errors import OutOfMemory
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import load_spec
from luthier.storage import append_jsonl, read_json, write_json, write_text


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path)


def test_a_completed_run(settings):
    run = make(settings, "bot-1", usd=1.5, change=0.07, recipe="demo", project="acme", notes="first try")
    schema = json.loads(files("luthier.reporting").joinpath("report.schema.json").read_text())
    Draft202012Validator(schema).validate(read_json(run.report / "report.json"))
    (row,) = all_runs(settings)
    assert (row.status, row.verdict, row.metric, row.change) == ("completed", "improved", "chrf", 0.07)
    assert (row.usd, row.seconds, row.rows, row.interruptions) == (1.5, 3600, 1204, 1)
    assert (row.project, row.recipe, row.preset, row.creator, row.how) == (
        "acme",
        "demo",
        "balanced",
        "ada",
        "terminal",
    )
    assert row.note == "first try" and row.started and not row.sample and row.finished >= row.created


def test_why_it_failed_and_that_it_crashed(settings):
    make(settings, "big-1", "failed", error=OutOfMemory("no memory", "", ""))
    make(settings, "gone-1", "crashed")
    rows = {row.run_id: row for row in all_runs(settings)}
    assert rows["big-1"].cause and rows["big-1"].why == "No room."
    assert rows["gone-1"].status == "crashed" and rows["gone-1"].finished is None


def test_what_check_left_was_not_started(settings):
    good, bad = RunFolder(settings.runs / "good-1"), RunFolder(settings.runs / "bad-1")
    good.complete("validate-data", "key", {"accepted": 9}, 1.0)
    bad.data.mkdir(parents=True)
    (settings.runs / "empty").mkdir()
    rows = {row.run_id: (row.status, row.started) for row in all_runs(settings)}
    assert rows == {"good-1": ("checked", False), "bad-1": ("check failed", False), "empty": ("not started", False)}


def test_a_sample_is_told_apart(settings):
    make(settings, "bot-sample-1", data={"path": str(settings.root / "samples" / "bot-1-30.jsonl")})
    assert all_runs(settings)[0].sample


def test_a_run_of_before_status_files(settings):
    run = make(settings, "old-1")
    run.status.unlink()
    assert row_of(run).status == "completed" and row_of(run).started
    run.marker("report").unlink()
    run.attempts.mkdir()
    assert (row_of(run).status, row_of(run).verdict) == ("after validate-data", None)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda run: write_text(run.status, '{"state": "comp'),
        lambda run: write_text(run.status, "[]"),
        lambda run: write_text(run.spec, "a: [b"),
        lambda run: write_text(run.spec, "[" * 5000),
        lambda run: write_text(run.spec, "name: 5"),
        lambda run: run.spec.write_bytes(b"\xff\xfe\x00"),
        lambda run: write_text(run.report / "report.json", "{}"),
        lambda run: write_json(run.report / "report.json", {"verdict": []}),
        lambda run: run.events.write_bytes(b'garbage "kind":"started"\n'),
        lambda run: run.notes.write_bytes(b"nonsense\n"),
        lambda run: (run.status.unlink(), run.status.mkdir()),
    ],
)
def test_a_broken_folder_is_a_row(settings, break_it):
    make(settings, "fine-1")
    run = make(settings, "broken-1")
    break_it(run)
    rows = {row.run_id: row for row in all_runs(settings)}
    assert rows["broken-1"].status == "unreadable" and rows["broken-1"].why
    assert rows["fine-1"].status == "completed"
    assert describe(run)["status"] == "unreadable"


def test_work_of_a_killed_run_counts_to_its_last_sign_of_life(tmp_path):
    log = tmp_path / "events.jsonl"
    text = 'no "kind":"ended" in words'
    for time, kind, more in ((100, "started", {}), (130, "sample", {"output": text}), (200, "started", {}),
                             (220, "interrupted", {}), (250, "ended", {}), (900, "started", {})):  # fmt: skip
        append_jsonl(log, {"time": time, "kind": kind, **more})
    log.write_bytes(log.read_bytes() + b'{"time":990,"kind":"ended"')
    assert marks(log) == (30 + 50 + 0, 1)
    assert marks(tmp_path / "none") == (None, 0)


def test_every_start_is_told(settings):
    run = make(settings, "bot-1", "crashed", by="ada")
    append_jsonl(run.events, {"time": 5.0, "kind": "started", "by": "bob", "how": "schedule", "flow_run": "g"})
    append_jsonl(run.events, {"time": 6.0, "kind": "ended", "state": "completed", "why": ""})
    assert [(start["by"], start["state"]) for start in starts(run)] == [("ada", "crashed"), ("bob", "completed")]


def test_a_later_note_takes_the_place_of_the_specs(settings, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "abcdef123456")
    run = make(settings, "bot-1", notes="first")
    key = run.marker("report").read_bytes()
    notes.write(run, " better than the last; abcdef123456\n")
    assert row_of(run).note == "better than the last; ***"
    notes.write(run, "")
    assert row_of(run).note == "" and len(describe(run)["notes_written"]) == 2
    assert run.marker("report").read_bytes() == key


LONG = "a name of many words that the writer of YAML breaks into several lines: " * 2


@pytest.mark.parametrize("text", [LONG, "one\n\n  preset: bold\ntraining:\n  two", "- 'x'\n", "# no comment", 'é: "ü"'])
def test_the_fast_reading_of_a_spec_reads_what_the_whole_one_would(settings, text):
    run = make(settings, "bot-1", name=text[:200], notes=text, project=text[:200], recipe=text, model={"base": text})
    spec = load_spec(run.spec)
    row = row_of(run)
    assert (row.name, row.note, row.project) == (spec.name, spec.notes, spec.project.name)
    assert (row.recipe, row.base, row.preset) == (spec.recipe, spec.model.base, "balanced")


def test_a_spec_of_another_layout_is_read_too(settings):
    run = make(settings, "bot-1", project="acme")
    write_json(run.spec, load_spec(run.spec).model_dump(mode="json"))  # JSON is YAML
    assert (row_of(run).project, row_of(run).status) == ("acme", "completed")
