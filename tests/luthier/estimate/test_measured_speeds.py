import json
from dataclasses import asdict, replace

import pytest
from estimated_work import cpu

from luthier.estimate.estimate import Terms, estimate
from luthier.estimate.machine import Speeds, rented_gpu
from luthier.estimate.measured import correct, from_past
from luthier.estimate.outcome import outcome
from luthier.estimate.prices import Price
from luthier.run_folder import RunFolder
from luthier.storage import append_jsonl, write_json


def tell(run: RunFolder, step_s: float, look_s: float, steps: int = 20, attempt: int = 1, first: int = 1) -> None:
    """Events as a training writes them: a look every ten steps, and a pause behind it."""
    now = 1000.0
    for step in range(first, first + steps):
        now += step_s
        append_jsonl(run.events, {"kind": "metrics", "time": now, "attempt": attempt, "step": step, "train_loss": 1.0})
        if step % 10 == 0:
            now += look_s
            look = {"kind": "metrics", "time": now, "attempt": attempt, "step": step, "validation_loss": 1.0}
            append_jsonl(run.events, look)
            now += 30


def answered(run: RunFolder, seconds: float) -> None:
    base = {"seconds": seconds, "answer_tokens_mean": 12.0}
    write_json(run.baseline / "metrics.json", {"n": 120, "base": base, "decoding": {"max_new_tokens": 48}})


@pytest.fixture
def machine():
    return cpu(499, 2)


@pytest.fixture
def run(tmp_path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.root.mkdir(parents=True)
    return folder


def test_a_run_corrects_its_own_estimate(run, work, machine):
    tell(run, step_s=0.5, look_s=2.0)
    answered(run, 8.0)
    measured = correct(machine, work, run).measured
    assert measured.training.value == pytest.approx(work.tokens / work.steps / 0.5)
    assert measured.reading.value == pytest.approx(work.look_tokens / 2)
    assert measured.answering.value == pytest.approx(120 * 48 / 8)
    before, after = (estimate(work, each, {}, Terms("local")) for each in (machine, correct(machine, work, run)))
    assert (after.seconds.high - after.seconds.low) < 0.6 * (before.seconds.high - before.seconds.low)
    assert after.options["local"].lines[1].seconds.likely == pytest.approx(0.5 * 186 + 6 * 2, rel=0.1)


def test_the_time_that_a_run_stood_still_is_no_step(run, work, machine):
    for step in range(1, 12):
        pause = 3600.0 if step == 5 else 0
        at = 1000.0 + 0.5 * step + (3600 if step >= 5 else 0)
        if pause:
            append_jsonl(run.events, {"kind": "continued", "time": at - 0.1, "attempt": 1, "seconds": pause})
        append_jsonl(run.events, {"kind": "metrics", "time": at, "attempt": 1, "step": step, "train_loss": 1.0})
    assert correct(machine, work, run).measured.training.value == pytest.approx(work.tokens / work.steps / 0.5)


def test_few_steps_tell_nothing(run, work, machine):
    tell(run, step_s=0.5, look_s=2.0, steps=4)
    assert correct(machine, work, run).measured == Speeds()


def test_the_pause_between_attempts_is_no_step(run, work, machine):
    tell(run, step_s=0.5, look_s=2.0, steps=9)
    tell(run, step_s=0.5, look_s=2.0, steps=9, attempt=2, first=10)
    append_jsonl(run.events, {"kind": "metrics", "time": 9e9, "attempt": 3, "step": 19, "train_loss": 1.0})
    assert correct(machine, work, run).measured.training.value == pytest.approx(work.tokens / work.steps / 0.5)


def keep(run: RunFolder, work, machine) -> None:
    found = estimate(work, machine, {"spot": Price(None)}, Terms("spot" if machine.rented else "local"))
    run.estimate.write_text(json.dumps(found.as_json()))


def test_earlier_runs_like_this_one_count(run, work, machine, tmp_path):
    tell(run, step_s=0.25, look_s=1.0)
    keep(run, work, machine)
    measured = from_past(machine, work, tmp_path / "runs", leave_out="another").measured
    assert measured.training.value == pytest.approx(work.tokens / work.steps / 0.25)
    assert measured.training.spread > 0.15, "less sure than what the run itself tells"
    assert from_past(machine, work, tmp_path / "runs", leave_out="one").measured == Speeds()


def test_earlier_runs_unlike_this_one_do_not(run, work, machine, tmp_path):
    tell(run, step_s=0.25, look_s=1.0)
    keep(run, work, machine)
    bigger = replace(work, base=replace(work.base, layers_weights=10**9))
    for other, on in ((bigger, machine), (replace(work, method="full"), machine), (work, cpu(499, 4))):
        assert from_past(on, other, tmp_path / "runs", leave_out="").measured == Speeds()


def test_a_run_that_was_not_on_the_machine_it_was_estimated_for(run, work, machine, tmp_path):
    tell(run, step_s=0.25, look_s=1.0)
    keep(run, work, machine)
    write_json(run.pods / "1.json", {"gpu": "NVIDIA L4"})
    assert from_past(machine, work, tmp_path / "runs", leave_out="").measured == Speeds()


def test_an_estimate_for_a_pod_that_never_was(run, work, tmp_path):
    gpu = rented_gpu("NVIDIA L4")
    tell(run, step_s=0.25, look_s=1.0)
    keep(run, work, gpu)
    assert from_past(gpu, work, tmp_path / "runs", leave_out="").measured == Speeds()


def test_what_was_foreseen_against_what_it_took(run, work, machine):
    assert outcome(run, {"train": 1.0}) is None
    keep(run, work, machine)
    likely = json.loads(run.estimate.read_text())["seconds"]["likely"]
    told = outcome(run, {"validate-data": 99.0, "baseline-eval": likely / 2, "train": likely / 2, "eval": likely / 5})
    assert told["off"] == pytest.approx(0.2, abs=0.001)
    assert told["seconds"] == asdict(estimate(work, machine, {}, Terms("local")).seconds)
