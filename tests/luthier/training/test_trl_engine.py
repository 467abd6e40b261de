"""Training the tiny model: its losses, what it tells, and how it fails."""

import math
import subprocess

import pytest
from train_driver import attempt
from training_runs import make_run, row, spec

from luthier.errors import AlreadyRunning, HomeError, Problems, WorkerFailed
from luthier.events import EventLog
from luthier.failures.guards import disk_failures
from luthier.rows import write_rows
from luthier.spec_file import load_spec
from luthier.storage import read_json, read_jsonl
from luthier.training import measure
from luthier.training.hardware import tokens_at_once
from luthier.training.trl_engine import train

TRAIN_LOSSES = {1: 5.574035, 2: 5.586588, 5: 5.370939, 10: 5.260264, 15: 5.262938, 22: 5.129744}
VALIDATION_LOSSES = {5: 5.335001, 10: 5.288368, 15: 5.185159, 20: 5.148700, 22: 5.146750}


@pytest.fixture(scope="module")
def trained(tiny_model, tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("trained") / "run")
    result = attempt(run, tiny_model, 1)
    return run, result, read_jsonl(run.attempt(1).events)


def test_golden_losses(trained):
    """Change these only with a reason: they hold the model, the data order, the loss and the optimizer."""
    events = [event for event in trained[2] if event["kind"] == "metrics"]
    losses = {event["step"]: event["train_loss"] for event in events if "train_loss" in event}
    looks = {event["step"]: event["validation_loss"] for event in events if "validation_loss" in event}
    assert {step: losses[step] for step in TRAIN_LOSSES} == pytest.approx(TRAIN_LOSSES, rel=1e-4)
    assert looks == pytest.approx(VALIDATION_LOSSES, rel=1e-4)


def test_it_tells_what_it_does(trained):
    run, result, events = trained
    phases = [event["name"] for event in events if event["kind"] == "phase"]
    assert phases == ["tokenising", "loading model", "training", "finalising"]
    metrics = [event for event in events if event["kind"] == "metrics"]
    assert all(event["learning_rate"] >= 0 and event["grad_norm"] > 0 for event in metrics if "train_loss" in event)
    look = next(event for event in metrics if "validation_loss" in event)
    assert look["perplexity"] == pytest.approx(math.exp(look["validation_loss"]))
    progress = [event for event in events if event["kind"] == "progress"]
    assert [event["done"] for event in progress] == list(range(1, 23)) and progress[0]["total"] == 22
    sample = next(event for event in events if event["kind"] == "sample")
    assert sample["prompt"] == row(1000)["messages"][0]["content"] and isinstance(sample["output"], str)
    assert [event["step"] for event in events if event["kind"] == "checkpoint"] == [5, 10, 15, 20, 22]


def test_result(trained):
    run, result, _ = trained
    assert (result["steps"], result["epochs"], result["best_step"]) == (22, 2.0, 22)
    assert result["resumed_from"] is None and not result["early_stopped"]
    assert result["tokens"] > 4000 and result["trainable_parameters"] == 8192
    assert sorted(path.name for path in run.adapter.iterdir()) == ["adapter_config.json", "adapter_model.safetensors"]


def test_adapter_loads_and_is_the_best_checkpoints(trained, tiny_model):
    from peft import PeftModel

    from luthier.models.base import load_model

    run, result, _ = trained
    model = PeftModel.from_pretrained(load_model(tiny_model, "float32"), run.adapter)
    assert any(parameter.abs().sum() > 0 for name, parameter in model.named_parameters() if "lora_B" in name)
    best = next(run.checkpoints.glob(f"step-{result['best_step']:08d}-*"))
    weights = "adapter_model.safetensors"
    assert (best / weights).read_bytes() == (run.adapter / weights).read_bytes()


def test_how_a_step_is_cut_does_not_change_the_loss(tiny_model, tmp_path):
    """Without dropout it is the mean over the answer tokens of the same examples, however they are computed."""

    def losses(packing: bool, tokens: int) -> list[float]:
        asked = spec(packing=packing, micro_batch_tokens=tokens, dropout=0.0, max_steps=4)
        run = make_run(tmp_path / f"{packing}-{tokens}", asked=asked)
        attempt(run, tiny_model, 1)
        return [event["train_loss"] for event in read_jsonl(run.attempt(1).events) if "train_loss" in event]

    one_by_one = losses(False, 1)
    assert losses(True, 64) == pytest.approx(one_by_one, rel=1e-5)
    assert losses(True, 4096) == pytest.approx(one_by_one, rel=1e-5)


def test_what_is_open_is_measured_once_and_kept(monkeypatch, tiny_model, tmp_path):
    asked = spec(packing=None, micro_batch_tokens=None, gradient_checkpointing=None, max_steps=2)
    run = make_run(tmp_path / "run", asked=asked)
    attempt(run, tiny_model, 1)
    chosen = load_spec(run.spec)
    assert chosen.training.packing is True and chosen.training.gradient_checkpointing is False
    assert chosen.training.micro_batch_tokens == tokens_at_once()
    manifest = read_json(next(run.checkpoints.glob("step-*")) / "manifest.json")
    assert manifest["fingerprint"]["micro_batch_tokens"] == tokens_at_once()
    monkeypatch.setattr(measure, "choose", lambda *_: pytest.fail("measured again"))
    assert attempt(run, tiny_model, 2)["resumed_from"] == 2
    measured = {"packing", "micro_batch_tokens", "gradient_checkpointing"}
    assert chosen.training.model_dump(exclude=measured) == asked.training.model_dump(exclude=measured)


def test_gradient_checkpointing_changes_no_loss(tiny_model, tmp_path):
    def last(checkpointing: bool) -> float:
        asked = spec(gradient_checkpointing=checkpointing, max_steps=3, dropout=0.0)
        run = make_run(tmp_path / str(checkpointing), asked=asked)
        return attempt(run, tiny_model, 1)["train_loss"]

    assert last(True) == pytest.approx(last(False), rel=1e-5)


def test_without_validation_the_last_checkpoint_is_taken(tiny_model, tmp_path):
    result = attempt(make_run(tmp_path / "run", validation=0, asked=spec(max_steps=3)), tiny_model, 1)
    assert result["best_step"] == 3 and result["validation_loss"] is None


def test_divergence_is_said(tiny_model, tmp_path):
    run = make_run(tmp_path / "run", asked=spec(learning_rate=1.0, schedule="constant", epochs=20))
    weights = tiny_model / "model.safetensors"
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in tiny_model.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / weights.name).write_bytes(weights.read_bytes()[:-400] + b"\xff\xff\xff\x7f" * 100)  # NaN
    with pytest.raises(WorkerFailed, match="diverged at step 1.*learning_rate"):
        attempt(run, broken, 1)
    assert not list(run.checkpoints.glob("step-*"))


def test_row_that_trains_on_nothing(tiny_model, tmp_path):
    run = make_run(tmp_path / "run", asked=spec(max_length=20))
    with pytest.raises(Problems, match="hold nothing to learn"):
        attempt(run, tiny_model, 1)


def test_superseded_attempt_writes_nothing(tiny_model, tmp_path):
    run = make_run(tmp_path / "run")
    run.attempt(2).root.mkdir(parents=True)
    with pytest.raises(AlreadyRunning, match="superseded by attempt 2"):
        attempt(run, tiny_model, 1)
    assert not list(run.checkpoints.glob("*step-*")) and not run.adapter.exists()


def test_checkpoint_of_other_data_is_refused_by_name(tiny_model, tmp_path):
    run = make_run(tmp_path / "run", asked=spec(max_steps=2))
    attempt(run, tiny_model, 1)
    write_rows(run.split("train"), [row(number) for number in range(1, 45)])
    checkpoint = next(run.checkpoints.glob("step-*"))
    folder = run.attempt(2)
    folder.root.mkdir(parents=True)
    with pytest.raises(WorkerFailed, match="train differ"):
        train(spec(max_steps=2), run, folder, EventLog(folder.events), tiny_model, checkpoint, lambda: False)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 200 kB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder], capture_output=True)
    if mount.returncode:
        pytest.skip("cannot mount a small file system here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_full_disk_is_said_and_the_last_checkpoint_stays(small_disk, tiny_model):
    run = make_run(small_disk / "run")
    with pytest.raises(HomeError, match="no room left") as caught, disk_failures(run.root):
        attempt(run, tiny_model, 1)
    assert caught.value.exit_code == 2
    assert not list(run.checkpoints.glob(".saving-*"))
