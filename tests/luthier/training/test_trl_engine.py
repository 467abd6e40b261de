"""Training the tiny model: its losses, what it tells, and how it fails."""

import math
import subprocess

import pytest
from train_driver import attempt
from training_runs import make_run, row, spec

from luthier.errors import AlreadyRunning, HomeError, Problems, WorkerFailed
from luthier.events import EventLog
from luthier.failures import disk_failures
from luthier.rows import write_rows
from luthier.storage import read_jsonl
from luthier.training.trl_engine import train

TRAIN_LOSSES = {1: 5.574035, 2: 5.586588, 5: 5.368727, 10: 5.256757, 15: 5.349076, 22: 5.139962}
VALIDATION_LOSSES = {5: 5.335183, 10: 5.282003, 15: 5.180741, 20: 5.159552, 22: 5.156870}


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


def test_micro_batches_do_not_change_the_loss(trained, tiny_model, tmp_path):
    """Without dropout the cut into micro-batches leaves the token mean of a step as it is."""

    def losses(micro_batch: int) -> list[float]:
        asked = spec(micro_batch=micro_batch, dropout=0.0, max_steps=4)
        run = make_run(tmp_path / str(micro_batch), asked=asked)
        attempt(run, tiny_model, 1)
        return [event["train_loss"] for event in read_jsonl(run.attempt(1).events) if "train_loss" in event]

    assert losses(1) == pytest.approx(losses(4), rel=1e-4)


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
