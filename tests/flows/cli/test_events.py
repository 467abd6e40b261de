"""luthier events: the log of a run, filtered, for people and for programs."""

import json
import threading
import time

import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.cli.event_words import WORDS
from luthier.events import EventLog
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.storage import read_jsonl

LOG = [
    (100, "started", {"by": "ada", "how": "schedule", "flow_run": "f"}),
    (101, "stage", {"stage": "validate-data", "state": "started"}),
    (105, "stage", {"stage": "validate-data", "state": "finished", "seconds": 4.0}),
    (110, "stage", {"stage": "train", "state": "started"}),
    (111, "phase", {"attempt": 2, "name": "loading model"}),
    (120, "metrics", {"attempt": 2, "step": 5, "train_loss": 1.25}),
    (121, "sample", {"attempt": 2, "step": 5, "prompt": "Hi", "output": "\x1b[31mHo\n" + "x" * 999}),
    (130, "checkpoint", {"attempt": 2, "step": 6, "path": "p", "validation_loss": 1.5}),
    (
        140,
        "interrupted",
        {"stage": "train", "attempt": 2, "step": 6, "cause": "Killed.", "at": 139.0},
    ),
    (150, "novelty", {"attempt": 3, "colour": "blue"}),
    (160, "pod", {"odd": True}),
    (200, "ended", {"state": "failed", "why": "No room."}),
]


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    folder = RunFolder(Settings().runs / "bot-1")
    folder.root.mkdir(parents=True)
    for at, kind, fields in LOG:
        EventLog(folder.events).append({"time": at, "kind": kind, **fields})
    return folder


def call(*arguments: str):
    return CliRunner().invoke(main, ["events", "bot-1", *arguments])


def kinds(*arguments: str) -> list[str]:
    done = call("--json", *arguments)
    assert done.exit_code == 0, done.stderr
    return [event["kind"] for event in json.loads(done.stdout)]


def test_people_read_one_line_an_event(run):
    lines = call().stdout.splitlines()
    assert len(lines) == len(LOG) - 1  # without metrics
    assert lines[0] == "1970-01-01 00:01:40  started by ada by its schedule"
    assert lines[4].endswith("[2] loading model") and "checkpoint at step 6, validation loss 1.5" in lines[6]
    assert "novelty: colour=blue" in lines[8] and "pod: odd=True" in lines[9]
    assert lines[10].endswith("stands still: failed. No room.")
    assert "\x1b" not in "".join(lines) and max(map(len, lines)) < 350


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [kind for _, kind, _ in LOG]),
        (["--kind", "metrics", "--kind", "ended"], ["metrics", "ended"]),
        (["--stage", "validate-data"], ["stage", "stage"]),
        (["--stage", "train", "--attempt", "2"], ["phase", "metrics", "sample", "checkpoint", "interrupted"]),
        (["--since", "1970-01-01T00:02:20", "--until", "1970-01-01T00:02:40"], ["interrupted", "novelty"]),
        (["--until", "1970-01-01", "--tail", "1"], ["ended"]),
        (["--search", "KILLED"], ["interrupted"]),
    ],
)
def test_filters(run, arguments, expected):
    assert kinds(*arguments) == expected


def test_every_kind_of_a_real_run_has_words(straight):
    home, _, _ = straight
    found = read_jsonl(home.run.events)
    assert {event["kind"] for event in found} <= set(WORDS)
    told = home.luthier("events", home.run.run_id)
    assert "started by" in told.stdout and "stands still: completed" in told.stdout and "train finished" in told.stdout
    lines = home.luthier("events", home.run.run_id, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["time"] for line in lines] == [event["time"] for event in found]
    assert home.luthier("runs", "show", home.run.run_id).returncode == 0
    (row,) = json.loads(home.luthier("runs", "list", "--json").stdout)
    assert row["status"] == "completed" and row["seconds"] > 0 and row["rows"] == 120 and row["metric"] == "chrf"


def test_what_there_is_not_is_told_with_what_there_is(run):
    assert "Known: checkpoint," in call("--kind", "metric").stderr
    assert "Known: validate-data," in call("--stage", "training").stderr
    assert "None of 12 events fits" in call("--search", "nowhere").stderr
    assert call("--follow", "--json").exit_code == 2


def test_a_torn_or_foreign_line_is_passed_over(run):
    run.events.write_bytes(run.events.read_bytes() + b'nonsense\n[1]\n{"time":1,"kind":"half')
    assert kinds() == [kind for _, kind, _ in LOG]
    assert "2 lines" in call().stderr


def test_following_ends_when_nobody_works_on_it(run):
    def work() -> None:
        with run.locked():
            ready.set()
            time.sleep(1)
            EventLog(run.events).append({"time": 300, "kind": "warning", "text": "late"})

    ready = threading.Event()
    worker = threading.Thread(target=work)
    worker.start()
    ready.wait()
    done = call("--follow", "--tail", "1")
    worker.join()
    assert [line.split("  ")[1] for line in done.stdout.splitlines()] == [
        "stands still: failed. No room.",
        "warning: late",
    ]
