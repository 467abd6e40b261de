"""Engine mlx: killed at random steps it ends with the same bytes, and it computes what engine trl computes."""

import random

import numpy as np
import pytest
import torch
from families import build
from killing import imports_once, killed_at, start, steps_logged
from train_driver import attempt
from training_runs import make_run, spec
from transformers import get_scheduler

from luthier.errors import SpecError, WorkerFailed
from luthier.evaluation.loaded import load
from luthier.evaluation.perplexity import reference
from luthier.models.weights import weights_file
from luthier.rows import row_batches
from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec, save_spec
from luthier.storage import read_json, read_jsonl, sha256_file
from luthier.training.arguments import SCHEDULES
from luthier.training.checkpoints import newest_complete
from luthier.training.plan import plan_of
from luthier.training.schedule import learning_rate, warmup_steps

pytest.importorskip("mlx_lm")

METHODS = {
    "lora": {},
    "qlora": {"method": "qlora", "gradient_checkpointing": True},
    "full": {"method": "full", "dtype": "bfloat16"},
}


@pytest.fixture(scope="module", autouse=True)
def _imports_once():
    with imports_once():
        yield


def run_of(folder, method: str = "lora", engine: str = "mlx", **more) -> RunFolder:
    values = {"max_steps": 12, "checkpoint_every": 3, "samples": 1, "packing": None, **METHODS[method], **more}
    if method == "full":
        values |= {"rank": None, "learning_rate": 0.001}
    return make_run(folder, asked=spec(engine=engine, **values))


def logged(run: RunFolder) -> dict[int, tuple[float, float, float]]:
    """Loss, norm of the gradients and learning rate of each step, over all attempts."""
    events = (event for number in run.attempt_numbers() for event in read_jsonl(run.attempt(number).events))
    keys = ("train_loss", "grad_norm", "learning_rate")
    return {event["step"]: tuple(event[key] for key in keys) for event in events if "train_loss" in event}


def apart(one: RunFolder, other: RunFolder, since: int = 1) -> float:
    """The largest difference in what they logged, from a step on."""
    first, second = logged(one), logged(other)
    assert first.keys() == second.keys()
    return max(np.abs(np.subtract(first[step], second[step])).max() for step in first if step >= since)


@pytest.fixture(scope="module", params=METHODS)
def straight(request, tiny_model, tmp_path_factory) -> tuple[str, RunFolder, dict]:
    """A run that nobody disturbed."""
    run = run_of(tmp_path_factory.mktemp("mlx") / "run", request.param)
    return request.param, run, attempt(run, tiny_model, 1)


@pytest.mark.slow
def test_killed_five_times_the_weights_are_the_same(straight, tiny_model, tmp_path):
    method, _, expected = straight
    run = run_of(tmp_path / "run", method)
    killed_at(run, tiny_model, sorted(random.Random(method).sample(range(1, 12), 5)))
    start(run, tiny_model, 6).join()
    result = read_json(run.attempt(6).result)
    assert result["adapter_sha256"] == expected["adapter_sha256"] == sha256_file(weights_file(run.adapter))
    assert result["resumed_from"] and steps_logged(run, 6)[0] == result["resumed_from"] + 1
    for key in ("samples_order_sha256", "trainable_parameters", "best_step", "validation_loss", "tokens"):
        assert result[key] == expected[key], key


def test_it_learns_and_shows_it(straight, tiny_model):
    """The base is the base again without what was trained."""
    method, run, _ = straight
    events = read_jsonl(run.attempt(1).events)
    looks = [event["validation_loss"] for event in events if "validation_loss" in event and event["kind"] == "metrics"]
    assert len(looks) == 4 and looks[-1] < looks[0]
    assert [event["step"] for event in events if event["kind"] == "sample"] == [3, 6, 9, 12]
    asked = load_spec(run.spec)
    tuned, plain = load(asked, tiny_model, run.adapter), load(asked, tiny_model)
    rows = next(row_batches(run.split("train")))[:8]
    asks = [reference(plain.tokenizer, row["messages"], plain.context) for row in rows]
    before, after = (dict(each.engine.score(asks, {*range(8)})) for each in (plain, tuned))
    with tuned.engine.without_adapter():
        assert dict(tuned.engine.score(asks, {*range(8)})) == before
    assert sum(told.nll for told in after.values()) < sum(told.nll for told in before.values())


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("first", ["mlx", "trl"])
def test_another_engine_goes_on_as_if_it_had_been_the_same(first, method, tiny_model, tmp_path):
    """In float32 and without dropout the numbers stay the same, so optimizer and schedule were carried over."""
    exact = {"dtype": "float32", "dropout": 0.0, "max_steps": 10, "samples": 0}
    whole, run = (run_of(tmp_path / name, method, first, **exact) for name in ("whole", "run"))
    attempt(whole, tiny_model, 1)
    attempt(run, tiny_model, 1, stop=lambda: len(steps_logged(run, 1)) == 5)
    other = {"mlx": "trl", "trl": "mlx"}[first]
    asked = load_spec(run.spec)
    save_spec(asked.model_copy(update={"training": asked.training.model_copy(update={"engine": other})}), run.spec)
    result = attempt(run, tiny_model, 2)
    reached = result["resumed_from"]
    assert reached in (5, 6) and newest_complete(run.checkpoints)[0].engine == result["engine"] == other
    assert apart(whole, run) < 2e-5
    [told] = [event["text"] for event in read_jsonl(run.attempt(2).events) if event["kind"] == "warning"]
    assert f"Engine {first} trained until step {reached}, {other} goes on" in told


def test_a_base_in_four_bits_is_no_other_engines(tiny_model, tmp_path):
    run = run_of(tmp_path / "run", "qlora", max_steps=2)
    attempt(run, tiny_model, 1)
    asked = load_spec(run.spec)
    save_spec(asked.model_copy(update={"training": asked.training.model_copy(update={"engine": "trl"})}), run.spec)
    with pytest.raises(WorkerFailed, match="4-bit"):
        attempt(run, tiny_model, 2)


LOSSES = {"weighted": {}, "label_smoothed": {"label_smoothing": 0.3}, "focal": {"focal_gamma": 1.5}}


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_is_the_other_engines(loss, tiny_model, tmp_path):
    """The first step, at which both have the same weights: the adapter changes nothing yet."""
    exact = {"dropout": 0.0, "max_steps": 1, "samples": 0, "loss": loss, **LOSSES[loss]}
    runs = [run_of(tmp_path / engine, "lora", engine, **exact) for engine in ("mlx", "trl")]
    losses = [attempt(run, tiny_model, 1)["train_loss"] for run in runs]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_micro_batches_change_the_last_digits_alone(tiny_model, tmp_path):
    runs = [
        run_of(tmp_path / str(tokens), dropout=0.0, samples=0, micro_batch_tokens=tokens, max_steps=6)
        for tokens in (64, 2000)
    ]
    for run in runs:
        attempt(run, tiny_model, 1)
    assert apart(*runs) < 1e-4


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_schedule_is_transformers_own(schedule):
    plan = plan_of(spec(schedule=schedule, warmup_ratio=0.3))
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=plan.learning_rate)
    theirs = get_scheduler(SCHEDULES[schedule], optimizer, warmup_steps(plan, 11), 11)
    for step in range(11):
        assert learning_rate(plan, step, 11) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        theirs.step()


def test_what_is_computed_again_drops_the_same_inputs(tiny_model, tmp_path):
    runs = [
        run_of(tmp_path / str(again), dropout=0.5, samples=0, gradient_checkpointing=again, max_steps=3)
        for again in (True, False)
    ]
    for run in runs:
        attempt(run, tiny_model, 1)
    assert apart(*runs) < 1e-5


def test_early_stopping_is_read_from_the_log_again(tiny_model, tmp_path):
    run = run_of(tmp_path / "run", learning_rate=1.0, patience=1, checkpoint_every=2, epochs=6, max_steps=None)
    first = attempt(run, tiny_model, 1)
    assert first["early_stopped"] and first["best_step"] < first["steps"]
    weights_file(run.adapter).unlink()
    second = attempt(run, tiny_model, 2)
    assert steps_logged(run, 2) == []
    assert second["early_stopped"] and second["adapter_sha256"] == first["adapter_sha256"]


def test_longer_than_the_window_that_mlx_lm_leaves_out(tmp_path):
    base = build("mistral", tmp_path / "mistral")
    with pytest.raises(SpecError, match="examples of 32 tokens at most"):
        attempt(run_of(tmp_path / "run"), base, 1)


def test_what_only_the_machine_can_tell_is_chosen_once(tiny_model, tmp_path):
    run = run_of(tmp_path / "run", micro_batch_tokens=None, gradient_checkpointing=None, max_steps=1)
    attempt(run, tiny_model, 1)
    chosen = load_spec(run.spec).training
    assert chosen.packing is False and chosen.gradient_checkpointing is False
    assert chosen.micro_batch_tokens == 2048


def test_preferences_are_refused():
    with pytest.raises(SpecError, match="MLX learns from answers"):
        spec(paired=True, engine="mlx", loss="dpo")
