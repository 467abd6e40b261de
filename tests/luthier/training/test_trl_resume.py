"""The final adapter is the same bytes, whatever happened on the way. Real processes, real SIGKILL."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import train_driver
from killing import adapter_sha256, imports_once, killed, killed_at, start, steps_logged
from train_driver import attempt
from training_runs import make_run, spec

from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl
from luthier.training import callbacks, rhythm

FILES = [
    "adapter_config.json", "adapter_model.safetensors", "manifest.json",
    "optimizer.pt", "rng_state.pth", "scheduler.pt", "trainer_state.json",
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _imports_once():
    with imports_once():
        yield


@pytest.fixture(scope="module")
def straight(tiny_model, tmp_path_factory) -> tuple[RunFolder, dict]:
    """A run that nobody disturbed: 22 steps, looks at 5, 10, 15, 20, 22."""
    run = make_run(tmp_path_factory.mktemp("straight") / "run")
    return run, attempt(run, tiny_model, 1)


def assert_equal(run: RunFolder, result: dict, straight: tuple[RunFolder, dict]) -> None:
    expected = straight[1]
    assert result["adapter_sha256"] == adapter_sha256(run) == expected["adapter_sha256"]
    for key in ("samples_order_sha256", "trainable_parameters", "best_step", "validation_loss", "steps", "tokens"):
        assert result[key] == expected[key], key


@pytest.mark.slow
def test_killed_at_random_steps_five_times(straight, tiny_model, tmp_path):
    run, chance = make_run(tmp_path / "run"), random.Random(5)
    goals = sorted(chance.sample(range(1, 22), 5))
    killed_at(run, tiny_model, goals)
    result = attempt(run, tiny_model, 6)
    assert_equal(run, result, straight)
    assert result["resumed_from"], "it started over"
    assert steps_logged(run, 6)[0] == result["resumed_from"] + 1


def test_killed_during_a_save(straight, tiny_model, tmp_path):
    run = make_run(tmp_path / "run")
    killed(run, tiny_model, 1, lambda: list(run.checkpoints.glob(".saving-step-00000010*/optimizer.pt")))
    assert list(run.checkpoints.glob(".saving-*")), "the kill missed the save"
    result = attempt(run, tiny_model, 2)
    assert_equal(run, result, straight)
    assert result["resumed_from"] == 5
    assert not list(run.checkpoints.glob(".*"))


def test_killed_during_a_look(straight, tiny_model, tmp_path):
    """After the step's loss, before its checkpoint."""
    run = make_run(tmp_path / "run")
    killed(run, tiny_model, 1, lambda: (steps_logged(run, 1) or [0])[-1] == 10)
    assert not list(run.checkpoints.glob("step-00000010*")), "the kill came after the look"
    assert_equal(run, attempt(run, tiny_model, 2), straight)


@pytest.mark.slow
def test_sigterm_saves_the_step_and_leaves(straight, tiny_model, tmp_path):
    run = make_run(tmp_path / "run")
    command = [sys.executable, train_driver.__file__, str(run.root), str(tiny_model), "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while (steps_logged(run, 1) or [0])[-1] < 7:
        time.sleep(0.001)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 143
    reached = read_json(run.attempt(1).result)["step"]
    assert list(run.checkpoints.glob(f"step-{reached:08d}-a001")) and not run.adapter.exists()
    result = attempt(run, tiny_model, 2)
    assert_equal(run, result, straight)
    assert result["resumed_from"] == reached


def damage(file: Path, how: str) -> None:
    content = file.read_bytes()
    if how == "deleted":
        file.unlink()
    elif how == "truncated":
        file.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.fixture(scope="module")
def half_done(tiny_model, tmp_path_factory) -> RunFolder:
    """A run interrupted after step 10, with whole checkpoints at 5 and 10."""
    run = make_run(tmp_path_factory.mktemp("half") / "run")
    attempt(run, tiny_model, 1, stop=lambda: bool(list(run.checkpoints.glob("step-00000010*"))))
    return run


@pytest.mark.parametrize("how", ["deleted", "truncated", "one bit flipped"])
@pytest.mark.parametrize("name", FILES)
def test_damaged_newest_checkpoint_is_passed_over(name, how, half_done, straight, tiny_model, tmp_path):
    run = RunFolder(shutil.copytree(half_done.root, tmp_path / "run"))
    newest = max(run.checkpoints.glob("step-*"))
    damage(newest / name, how)
    result = attempt(run, tiny_model, 2)
    assert_equal(run, result, straight)
    events = read_jsonl(run.attempt(2).events)
    reasons = [event["reason"] for event in events if event["kind"] == "passed_over"]
    assert reasons and (name in reasons[0] or "manifest" in reasons[0])
    assert result["resumed_from"] and result["resumed_from"] < int(newest.name.split("-")[1])
    assert (run.checkpoints / "torn" / newest.name).exists()


def finished(run: RunFolder, base: Path, number: int) -> dict:
    process = start(run, base, number)
    process.join()
    return read_json(run.attempt(number).result)


@pytest.mark.slow
def test_two_threads_resume_bit_for_bit(tiny_model, tmp_path):
    asked = spec(dtype="bfloat16", max_steps=5, checkpoint_every=2, samples=0)
    asked.compute.threads = 2
    straight, run = make_run(tmp_path / "straight", asked=asked), make_run(tmp_path / "run", asked=asked)
    expected = finished(straight, tiny_model, 1)
    killed(run, tiny_model, 1, lambda: list(run.checkpoints.glob("step-00000002*")))
    result = finished(run, tiny_model, 2)
    assert result["resumed_from"] in (2, 4)
    assert_equal(run, result, (straight, expected))


def test_finished_training_takes_no_step_more(straight, tiny_model, tmp_path):
    run = RunFolder(shutil.copytree(straight[0].root, tmp_path / "run"))
    shutil.rmtree(run.adapter)
    assert_equal(run, attempt(run, tiny_model, 2), straight)
    assert steps_logged(run, 2) == []


def test_finished_in_mid_epoch_takes_no_step_more(tiny_model, tmp_path):
    run = make_run(tmp_path / "run", asked=spec(max_steps=7, schedule="constant"))
    first = attempt(run, tiny_model, 1)
    second = attempt(run, tiny_model, 2)
    assert first["steps"] == second["steps"] == 7
    assert first["adapter_sha256"] == second["adapter_sha256"]


def test_killed_between_early_stop_and_export(tiny_model, tmp_path):
    """The decision to stop is read from the log again, and no step more is taken."""
    run = make_run(tmp_path / "run", asked=spec(learning_rate=1.0, patience=1, checkpoint_every=2, epochs=6))
    first = attempt(run, tiny_model, 1)
    assert first["early_stopped"] and first["best_step"] < first["steps"]
    (run.adapter / "adapter_model.safetensors").unlink()
    second = attempt(run, tiny_model, 2)
    assert steps_logged(run, 2) == []
    assert second["early_stopped"] and second["adapter_sha256"] == first["adapter_sha256"]


def test_damaged_best_checkpoint_is_trained_again(tiny_model, tmp_path):
    """The adapter comes from the best checkpoint, so one that counts on a torn best is no use."""
    run = make_run(tmp_path / "run", asked=spec(learning_rate=0.5, patience=2, checkpoint_every=2, epochs=6))
    first = attempt(run, tiny_model, 1)
    best = next(run.checkpoints.glob(f"step-{first['best_step']:08d}-*"))
    damage(best / "adapter_model.safetensors", "one bit flipped")
    assert attempt(run, tiny_model, 2)["adapter_sha256"] == first["adapter_sha256"]


def test_samples_disturb_nothing(straight, tiny_model, tmp_path):
    run = make_run(tmp_path / "run", asked=spec(samples=0))
    assert attempt(run, tiny_model, 1)["adapter_sha256"] == straight[1]["adapter_sha256"]


class Clock:
    """Stands still, but for an hour before each of the steps that are asked for."""

    def __init__(self, steps: set[int]):
        self.steps, self.hours = steps, 0

    def __call__(self) -> float:
        return 3600.0 * self.hours

    def on_step_begin(self, _teller, _args, state, _control, **_) -> None:
        self.hours += state.global_step + 1 in self.steps


class Died(Exception):
    pass


@pytest.mark.parametrize("seed", [1, 2])
def test_checkpoints_by_the_clock_change_nothing(seed, straight, tiny_model, tmp_path, monkeypatch):
    """They come at random steps, and the training goes on from one of them."""
    chance, run = random.Random(seed), make_run(tmp_path / "run")
    steps = sorted(chance.sample([step for step in range(2, 22) if step % 5], 6))
    clock, last = Clock(set(steps)), run.checkpoints / f"step-{steps[3]:08d}-a001"
    monkeypatch.setattr(rhythm, "monotonic", clock)
    monkeypatch.setattr(
        callbacks.Teller, "on_step_begin", lambda *given, **_: clock.on_step_begin(*given), raising=False
    )

    def dies_after_the_last() -> bool:
        if last.exists():
            raise Died
        return False

    with pytest.raises(Died):
        attempt(run, tiny_model, 1, stop=dies_after_the_last)
    result = attempt(run, tiny_model, 2)
    assert_equal(run, result, straight)
    assert result["resumed_from"] == steps[3]
    events = [event for number in (1, 2) for event in read_jsonl(run.attempt(number).events)]
    by_clock = [event for event in events if event["kind"] == "checkpoint" and event["validation_loss"] is None]
    assert [event["step"] for event in by_clock] == steps
    looks = [event["step"] for event in events if event["kind"] == "metrics" and "validation_loss" in event]
    assert looks == [5, 10, 15, 20, 22]
