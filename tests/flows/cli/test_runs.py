"""luthier runs: what people and programs are told of the runs of a home."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from made_runs import NOW, make

from flows.cli import main
from luthier.settings import Settings

DAY = 86400


def call(*arguments: str):
    return CliRunner().invoke(main, ["runs", *arguments])


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "UTC")
    return Settings()


@pytest.fixture
def three(settings) -> Settings:
    make(settings, "bot-1", usd=2.0, change=0.08, created=NOW - 9 * DAY, project="acme", recipe="demo")
    make(settings, "bot-2", verdict="worse", change=-0.05, by="bob", training={"preset": "aggressive"})
    make(settings, "cat-1", "failed", created=NOW + DAY, notes="try [bold]again[/bold]")
    (settings.runs / "only-checked-1" / "data").mkdir(parents=True)
    return settings


def ids(*arguments: str) -> list[str]:
    done = call("list", "--json", *arguments)
    assert done.exit_code == 0, done.stderr
    return [row["run_id"] for row in json.loads(done.stdout)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--sort", "run_id"], ["bot-1", "bot-2", "cat-1"]),
        (["--sort", "change:desc"], ["bot-1", "bot-2", "cat-1"]),
        (["--sort", "run_id", "--all", "--limit", "9"], ["bot-1", "bot-2", "cat-1", "only-checked-1"]),
        (["--status", "failed"], ["cat-1"]),
        (["--verdict", "worse", "--creator", "bob"], ["bot-2"]),
        (["--preset", "aggressive", "--preset", "balanced", "--sort", "run_id", "--limit", "1"], ["bot-1"]),
        (["--project", "acme", "--recipe", "demo", "--base", "smollm2-135m"], ["bot-1"]),
        (["--since", "2026-11-20", "--until", "2026-11-20"], ["bot-2"]),
        (["--min-change", "0.01"], ["bot-1"]),
        (["--max-usd", "1", "--status", "completed"], ["bot-2"]),
        (["--search", "AGAIN"], ["cat-1"]),
    ],
)
def test_filters(three, arguments, expected):
    assert ids(*arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--preset", "agressive"], "Did you mean aggressive? Known: aggressive, balanced."),
        (["--sort", "beauty"], "cannot sort by beauty"),
        (["--since", "yesterday"], "write 2026-11-25"),
    ],
)
def test_what_cannot_be_asked_is_told_with_what_can(three, arguments, told):
    done = call("list", *arguments)
    assert done.exit_code == 2 and told in done.stderr


def test_people_get_aligned_lines_and_a_word_on_what_is_left_out(three):
    done = call("list", "--sort", "run_id")
    first, second, *_ = done.stdout.splitlines()
    assert first.split()[:3] == ["run", "status", "verdict"] and "+0.080" in second and "$2.00" in second
    assert "Only checked, not started: 1." in done.stderr
    assert "None of 4 runs fits" in call("list", "--min-change", "0.9").stderr


def test_an_empty_home_says_what_to_do(settings):
    for command in ("list", "trends", "presets"):
        assert "luthier demo" in call(command).stderr


def test_a_terminal_of_100_columns_holds_the_table(three):
    run_id = "support-bot-of-the-second-half-2026-1a2b3c4d5e"
    make(three, run_id, by="somebody-with-a-name")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    luthier = Path(sys.executable).parent / "luthier"
    done = subprocess.run([luthier, "runs", "list"], stdout=theirs, stderr=subprocess.PIPE, env=environment, timeout=60)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the other end is closed
        os.close(ours)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    assert done.returncode == 0 and any("bot-2" in line and "worse" in line for line in lines)
    assert max(len(line.rstrip()) for line in lines) <= 100


def test_csv_holds_every_field(three):
    rows = list(csv.DictReader(io.StringIO(call("list", "--csv", "--sort", "run_id").stdout)))
    assert [row["run_id"] for row in rows] == ["bot-1", "bot-2", "cat-1"]
    assert rows[0]["change"] == "0.08" and rows[2]["change"] == "" and rows[2]["note"] == "try [bold]again[/bold]"


def test_show_is_for_people(three):
    told = call("show", "bot-1").stdout
    for text in (
        "State",
        "created        2026-11-11 12:00 by ada",
        "improved",
        "$2.00",
        "by ada in a terminal",
        "chrf",
    ):
        assert text in told, told
    assert "--json" not in told
    failed = call("show", "cat").stdout
    assert "failed" in failed and "cause" in failed and "try [bold]again[/bold]" in failed
    full = json.loads(call("show", "bot-1", "--json").stdout)
    assert full["change"]["chrf"]["value"] == 0.08 and full["starts"][0]["state"] == "completed"
    assert full["status"] == "completed" and full["creator"] == "ada"


def test_what_a_spec_says_cannot_steer_the_terminal(three):
    make(three, "evil-1", notes="\x1b[2Jgone\nState\n  status  completed")
    told = call("show", "evil-1").stdout
    assert "\x1b" not in told and "[2Jgone State" in told


def test_a_broken_run_is_listed_and_shown(three):
    (three.runs / "cat-1" / "status.json").write_text("{")
    assert "unreadable" in call("list").stdout
    done = call("show", "cat-1")
    assert done.exit_code == 0 and "unreadable" in done.stdout


def test_trends_and_presets(three):
    weeks = json.loads(call("trends", "--json").stdout)
    assert [week["name"] for week in weeks] == ["2026-W46", "2026-W47"]
    months = list(csv.DictReader(io.StringIO(call("trends", "--by", "month", "--csv").stdout)))
    assert (months[0]["name"], months[0]["completed_count"], months[0]["completed_of"]) == ("2026-11", "2", "3")
    told = json.loads(call("presets", "--json").stdout)
    assert [one["name"] for one in told["preset"]] == ["balanced", "aggressive"]
    assert told["best_preset"]["name"] is None and [one["name"] for one in told["recipe"]] == ["demo"]
    people = call("presets")
    assert "1 of 2 (few)" in people.stdout and "too few to tell" in people.stderr
    assert "preset,balanced,2" in call("presets", "--csv").stdout and call("trends").stdout.startswith("week")


def test_a_note_is_written_shown_and_edited(three, monkeypatch):
    assert call("note", "cat-1").stdout == "try [bold]again[/bold]\n"
    assert call("note", "cat-1", "needs more data").exit_code == 0
    told = json.loads(call("note", "cat-1", "--json").stdout)
    assert told["note"] == "needs more data" and told["notes_written"][0]["by"]
    assert ids("--search", "more data") == ["cat-1"]
    monkeypatch.setattr("flows.cli.runs_note.at_terminal", lambda: True)
    editor = three.root / "editor"
    editor.write_text('#!/bin/sh\necho "and patience" >> "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    assert call("note", "cat-1").stdout.split() == ["needs", "more", "data", "and", "patience"]


def test_a_template_is_saved_and_used(three):
    done = call("save-template", "bot-2", "bold", "--json")
    assert done.exit_code == 0, done.stderr
    Path("more.jsonl").write_text("")
    init = CliRunner().invoke(main, ["init", "bold", "--data", "more.jsonl", "--name", "next"])
    assert init.exit_code == 0, init.stderr
    written = Path("luthier.yaml").read_text()
    assert 'preset: "aggressive"' in written and 'recipe: "bold"' in written
    assert "So far in this home: 1 of 1 runs with aggressive completed, 0 improved (too few to tell)." in init.stderr
    assert "bold" in CliRunner().invoke(main, ["init", "bald", "--out", "x.yaml"]).stderr
