"""Baseline and evaluation of the tiny model: contract, pairs, resume after kill -9."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from evaluation_run import SPEC, make_run, work

from luthier.errors import AlreadyRunning, ModelError
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl, write_jsonl


@pytest.fixture(scope="module")
def done(tmp_path_factory, tiny_model):
    """A run with both stages done, and what they returned."""
    run = make_run(tmp_path_factory.mktemp("done") / "run", tiny_model)
    return run, work("baseline", run, tiny_model), work("evaluate", run, tiny_model)


def arms(run):
    predictions = read_jsonl(run.baseline / "predictions.jsonl") + read_jsonl(run.evaluation / "predictions.jsonl")
    return {name: [p for p in predictions if p["arm"] == name] for name in ("base", "few_shot", "tuned")}


def test_each_arm_answers_every_test_row(done):
    run, *_ = done
    ids = [f"test-{number}" for number in range(24)]
    for name, predictions in arms(run).items():
        assert [prediction["id"] for prediction in predictions] == ids, name
        assert {"exact_match", "token_f1", "rouge_l", "chrf", "nll", "tokens", "output_tokens"} == {
            *predictions[0]["scores"]
        }


def test_what_the_baseline_says(done):
    run, baseline, _ = done
    assert baseline == read_json(run.baseline / "metrics.json")
    assert baseline["n"] == 24
    assert {*baseline["base"]} == {"perplexity", "tokens", "truncated", "metrics", "seconds", "answer_tokens_mean"}
    assert baseline["few_shot"]["shots"] in (1, 2)
    assert {entry["shots"] for entry in baseline["few_shot"]["candidates"]} == {1, 2}
    assert baseline["decoding"]["strategy"] == "greedy"


def test_what_the_evaluation_says(done):
    run, _, evaluation = done
    assert evaluation == read_json(run.evaluation / "metrics.json")
    names = {"exact_match", "token_f1", "rouge_l", "chrf", "perplexity"}
    assert {*evaluation["change"]} == {*evaluation["versus_few_shot"]} == names
    assert evaluation["change"]["perplexity"]["value_kind"] == "relative"
    assert evaluation["change"]["chrf"]["p_adjusted"] == evaluation["change"]["chrf"]["p_value"]
    assert sum(evaluation["wins"].values()) == 24
    assert evaluation["verdict"]["label"] in ("improved", "not_shown", "worse")
    assert evaluation["verdict"]["accept"]["perplexity"]["met"] in (True, False)
    assert len(evaluation["examples"]) == 12


def test_the_change_is_that_of_the_arms(done):
    run, baseline, evaluation = done
    for before, change in ((baseline["base"], "change"), (baseline["few_shot"], "versus_few_shot")):
        ratio = evaluation["tuned"]["perplexity"] / before["perplexity"] - 1
        assert evaluation[change]["perplexity"]["value"] == pytest.approx(ratio)
        gain = evaluation["tuned"]["metrics"]["chrf"] - before["metrics"]["chrf"]
        assert evaluation[change]["chrf"]["value"] == pytest.approx(gain)


def test_the_adapter_is_switched_on_and_off(done):
    run, _, evaluation = done
    assert evaluation["base_recheck"]["max_abs_difference"] < 1e-6
    base, tuned = arms(run)["base"], arms(run)["tuned"]
    assert all(b["scores"]["nll"] != t["scores"]["nll"] for b, t in zip(base, tuned, strict=True))
    assert any(b["output"] != t["output"] for b, t in zip(base, tuned, strict=True))


def test_another_base_is_noticed(run, tiny_model):
    work("baseline", run, tiny_model)
    predictions = read_jsonl(run.baseline / "predictions.jsonl")
    predictions[5]["scores"]["nll"] += 1
    write_jsonl(run.baseline / "predictions.jsonl", predictions)
    with pytest.raises(ModelError, match="not the one the baseline was measured with"):
        work("evaluate", run, tiny_model)
    assert not (run.evaluation / "metrics.json").exists()


def test_without_few_shot_there_is_a_reason(run, tiny_model):
    spec = SPEC.model_copy(update={"evaluation": SPEC.evaluation.model_copy(update={"few_shot": []})})
    baseline = work("baseline", run, tiny_model, spec=spec)
    assert baseline["few_shot"] == {"measured": False, "reason": "evaluation.few_shot is empty", "candidates": []}
    evaluation = work("evaluate", run, tiny_model, spec=spec)
    assert evaluation["versus_few_shot"] == {}
    assert all(example["few_shot"] is None for example in evaluation["examples"])


def test_a_stop_leaves_no_result_and_the_next_attempt_goes_on(done, run, tiny_model):
    asked = iter([False, True])
    assert work("baseline", run, tiny_model, stop=lambda: next(asked)) == {"interrupted": True}
    assert not (run.baseline / "metrics.json").exists()
    work("baseline", run, tiny_model)
    assert (run.baseline / "predictions.jsonl").read_bytes() == (done[0].baseline / "predictions.jsonl").read_bytes()


@pytest.mark.parametrize(("stage", "folder"), [("baseline", "baseline"), ("evaluate", "evaluation")])
def test_a_superseded_attempt_writes_no_result(stage, folder, done, tiny_model, tmp_path):
    run = RunFolder(shutil.copytree(done[0].root, tmp_path / "run"))
    metrics = run.root / folder / "metrics.json"
    metrics.unlink()
    run.attempt(9).root.mkdir()
    with pytest.raises(AlreadyRunning, match="superseded by attempt 9"):
        work(stage, run, tiny_model)
    assert not metrics.exists()


def test_max_examples_takes_the_same_rows_for_each_arm(run, tiny_model):
    spec = SPEC.model_copy(update={"evaluation": SPEC.evaluation.model_copy(update={"max_examples": 7})})
    assert work("baseline", run, tiny_model, spec=spec)["n"] == 7
    assert work("evaluate", run, tiny_model, spec=spec)["n"] == 7
    ids = [[prediction["id"] for prediction in predictions] for predictions in arms(run).values()]
    assert ids[0] == ids[1] == ids[2] != [f"test-{number}" for number in range(7)]


def start(stage: str, run, base: Path) -> subprocess.Popen:
    script = Path(__file__).with_name("evaluation_run.py")
    return subprocess.Popen([sys.executable, script, stage, run.root, base])


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "folder"), [("baseline", "baseline"), ("evaluate", "evaluation")])
def test_kill_9_in_the_middle_changes_nothing(stage, folder, done, run, tiny_model):
    left_alone = done[0]
    if stage == "evaluate":
        work("baseline", run, tiny_model)
    partial = run.root / folder / "partial.jsonl"
    process = start(stage, run, tiny_model)
    while len(read_jsonl(partial)) < 5:
        assert process.poll() is None, "the stage ended before it could be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (run.root / folder / "metrics.json").exists()
    whole = read_jsonl(partial)
    work(stage, run, tiny_model)
    assert read_jsonl(partial)[: len(whole)] == whole  # what was done is not done again
    for name, read in (("predictions.jsonl", Path.read_bytes), ("metrics.json", without_seconds)):
        assert read(run.root / folder / name) == read(left_alone.root / folder / name)


def without_seconds(path: Path) -> dict:
    metrics = read_json(path)
    for part in {*metrics} & {"base", "few_shot", "tuned"}:
        metrics[part].pop("seconds")
    return metrics
