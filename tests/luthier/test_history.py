import csv

import pytest

from luthier.compute.job import attempts_without_progress, new_job
from luthier.events import EventLog
from luthier.history import RunHistory, changes, interruptions, metric_rows, write_metrics
from luthier.run_folder import RunFolder
from luthier.storage import read_jsonl, write_json


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder(tmp_path / "runs" / "bot-1")


def attempt(run: RunFolder, *, kind="train", progress=0, flow_run="f") -> EventLog:
    job = new_job(run, kind, run.root, resume_from=None, progress=progress, flow_run=flow_run)
    return EventLog(job.folder.events)


def test_each_event_is_copied_once_whoever_reads(run):
    log = attempt(run)
    log.write("metrics", step=1, train_loss=2.0)
    assert len(list(RunHistory(run).mirror(1))) == 1
    log.write("metrics", step=2, train_loss=1.0)
    again = RunHistory(run)  # another process, after a kill
    assert [event["step"] for event in again.mirror(1)] == [2]
    assert [event["step"] for event in read_jsonl(run.events)] == [1, 2]


def test_an_event_whose_copy_was_torn_is_copied_again(run):
    log = attempt(run)
    log.write("metrics", step=1, train_loss=2.0)
    log.write("metrics", step=2, train_loss=1.0)
    list(RunHistory(run).mirror(1))
    run.events.write_bytes(run.events.read_bytes()[:-20])  # the disk was full
    history = RunHistory(run)
    list(history.mirror(1))
    history.tell("stage", stage="train", state="started")
    assert [event.get("step") for event in read_jsonl(run.events)] == [1, 2, None]


def test_an_unwatched_death_is_found_and_counted(run):
    log = attempt(run)
    for step in (1, 2, 3):
        log.write("metrics", step=step, train_loss=1.0 / step)
    log = attempt(run, progress=2)
    list(RunHistory(run).catch_up(before=2))
    list(RunHistory(run).catch_up(before=2))
    log.write("metrics", step=3, train_loss=0.3)
    list(RunHistory(run).mirror(2))
    (found,) = interruptions(run)
    assert (found["stage"], found["attempt"], found["step"], found["lost_steps"]) == ("train", 1, 3, 1)
    assert found["resumed_after_s"] is not None


def test_lost_steps_go_by_the_next_attempt_at_the_same_stage(run):
    for progress in (0, 0, 20):  # the second starts anew and dies, the third goes on from the second's checkpoint
        log = attempt(run, progress=progress)
        for step in (progress + 20, progress + 30):
            log.write("metrics", step=step, train_loss=1.0)
    attempt(run, kind="evaluate", progress=5)
    list(RunHistory(run).catch_up(before=4))
    assert [found["lost_steps"] for found in interruptions(run)] == [30, 10, None]


def test_a_finished_attempt_is_no_interruption(run):
    attempt(run)
    write_json(run.attempt(1).result, {"result": {}})
    attempt(run)
    list(RunHistory(run).catch_up(before=2))
    assert interruptions(run) == []


def test_later_attempts_win_in_the_metrics(run):
    log = attempt(run)
    for step in (1, 2):
        log.write("metrics", step=step, train_loss=float(step))
    log.write("metrics", step=2, validation_loss=5.0)
    list(RunHistory(run).mirror(1))
    attempt(run).write("metrics", step=2, train_loss=2.5)
    list(RunHistory(run).mirror(2))
    assert metric_rows(run) == [
        {"step": 1, "attempt": 1, "train_loss": 1.0},
        {"step": 2, "attempt": 2, "train_loss": 2.5},
    ]
    write_metrics(run)
    with run.metrics.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "step",
        "attempt",
        "train_loss",
        "validation_loss",
        "learning_rate",
        "grad_norm",
        "perplexity",
    ]
    assert rows[1]["train_loss"] == "2.5"


def test_no_progress_counts_only_the_last_attempts_of_this_flow_run(run):
    for progress, flow_run in ((0, "old"), (0, "f"), (5, "f"), (5, "f")):
        attempt(run, progress=progress, flow_run=flow_run)
    assert attempts_without_progress(run, "train", "f", 5) == 2
    assert attempts_without_progress(run, "train", "f", 0) == 0
    assert attempts_without_progress(run, "baseline", "f", 5) == 0


KEY = "training.micro_batch_tokens"


def test_other_pieces_count_from_where_training_went_on(run):
    attempt(run)
    RunHistory(run).cut(1, 12, KEY, 1024, 512)
    assert changes(run) == [{"key": KEY, "old": 1024, "new": 512, "step": 12}]
    attempt(run, progress=6)  # the checkpoint of step 12 was torn
    assert [each["step"] for each in changes(run)] == [6]


def test_pieces_that_are_told_again_after_a_kill_count_once(run):
    attempt(run)
    for _ in range(2):
        RunHistory(run).cut(1, 12, KEY, 1024, 512)
    assert len(changes(run)) == 1


def test_another_engine_counts_from_its_checkpoint_and_other_warnings_do_not(run):
    log = attempt(run)
    log.write("warning", text="hot")
    log.write("warning", text="Engine mlx …", step=5, key="training.engine", old="mlx", new="trl")
    assert len(list(RunHistory(run).mirror(1))) == 2
    assert changes(run) == [{"key": "training.engine", "old": "mlx", "new": "trl", "step": 5}]


def test_what_is_said_of_an_attempt_does_not_hide_its_own_events(run):
    log = attempt(run)
    log.write("metrics", step=1, train_loss=2.0)
    list(RunHistory(run).mirror(1))
    RunHistory(run).cut(1, 0, KEY, 1024, 512)
    log.write("metrics", step=2, train_loss=1.0)
    assert [event["step"] for event in RunHistory(run).mirror(1)] == [2]


def test_attempts_that_wanted_memory_are_none_in_vain(run):
    for _ in range(3):
        attempt(run)
        RunHistory(run).cut(max(run.attempt_numbers()), 0, KEY, 1024, 512, excused=True)
    assert attempts_without_progress(run, "train", "f", 0) == 0
