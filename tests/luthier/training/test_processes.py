"""Several processes take the same steps as one, and any number of them goes on where others stopped."""

from pathlib import Path

import pytest
from killing import FORKS, imports_once
from team_driver import together
from training_runs import make_run, spec

from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec, save_spec
from luthier.storage import read_json, read_jsonl
from luthier.training import processes
from luthier.training.checkpoints import newest_complete

STEPS = {"max_steps": 6, "checkpoint_every": 3, "batch_size": 3}
"""One of two processes has a micro-batch less than the other."""

METHODS = {"lora": {}, "full": {"rank": None, "alpha": None, "learning_rate": 0.001}}


@pytest.fixture(scope="module", autouse=True)
def _imports_once():
    with imports_once():
        FORKS.set_forkserver_preload(["train_driver", "luthier.training.sharding"])
        yield


def in_drills(*values: object):
    """CI's time is short."""
    return pytest.param(*values, marks=pytest.mark.drill)


def made(folder: Path, sharding: str = "none", method: str = "lora", **training) -> RunFolder:
    values = STEPS | METHODS[method] | {"dropout": 0.0} | training
    asked = spec(method=method, **values)
    asked.compute.sharding = sharding
    return make_run(folder, asked=asked)


def losses(run: RunFolder) -> dict[tuple[int, str], float]:
    """Training and validation losses of all attempts."""
    events = [event for number in run.attempt_numbers() for event in read_jsonl(run.attempt(number).events)]
    names = ("train_loss", "validation_loss", "grad_norm")
    return {(event["step"], name): event[name] for event in events for name in names if event.get(name) is not None}


def warnings(run: RunFolder, number: int) -> list[str]:
    return [event["text"] for event in read_jsonl(run.attempt(number).events) if event["kind"] == "warning"]


@pytest.fixture(scope="module")
def alone(tiny_model, tmp_path_factory) -> dict[str, dict]:
    """Losses of one process, by method."""
    found = {}
    for method in METHODS:
        run = made(tmp_path_factory.mktemp("alone") / method, method=method)
        assert together(run, tiny_model, 1, count=1) == [0]
        found[method] = losses(run)
    assert len(found["lora"]) == 14
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "sharding"),
    [("lora", "none"), ("full", "full"), in_drills("lora", "full"), in_drills("full", "none")],
)
def test_two_processes_train_as_one(method, sharding, alone, tiny_model, tmp_path):
    run = made(tmp_path / "run", sharding, method)
    assert together(run, tiny_model, 1, count=2) == [0, 0]
    assert losses(run) == pytest.approx(alone[method], rel=1e-5)
    fingerprint = newest_complete(run.checkpoints)[0].fingerprint
    assert (fingerprint["processes"], fingerprint["sharding"]) == (2, sharding)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "before", "after"),
    [
        ("full", (2, "full"), (1, "none")),
        ("lora", (1, "none"), (2, "full")),
        in_drills("full", (2, "none"), (2, "full")),
        in_drills("lora", (2, "none"), (1, "none")),
    ],
)
def test_another_number_goes_on(method, before, after, alone, tiny_model, tmp_path):
    run = made(tmp_path / "run", before[1], method)
    together(run, tiny_model, 1, count=before[0], until=3)
    assert read_json(run.attempt(1).result) == {"interrupted": True, "step": 4}
    set_sharding(run, after[1])
    assert set(together(run, tiny_model, 2, count=after[0])) == {0}
    assert read_json(run.attempt(2).result)["resumed_from"] == 4
    assert losses(run) == pytest.approx(alone[method], rel=1e-5)
    key = "processes" if before[0] != after[0] else "sharding"
    assert any(text.startswith(f"compute.{key} was ") for text in warnings(run, 2))


def set_sharding(run: RunFolder, sharding: str) -> None:
    asked = load_spec(run.spec)
    asked.compute.sharding = sharding
    save_spec(asked, run.spec)


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["none", in_drills("full")])
def test_the_same_number_goes_on_bit_for_bit(sharding, tiny_model, tmp_path):
    """With dropout, which each process draws for itself."""
    straight, run = (made(tmp_path / name, sharding, dropout=0.1) for name in ("straight", "run"))
    together(straight, tiny_model, 1, count=2)
    together(run, tiny_model, 1, count=2, until=3)
    together(run, tiny_model, 2, count=2)
    expected, result = read_json(straight.attempt(1).result), read_json(run.attempt(2).result)
    assert result["resumed_from"] == 4 and not warnings(run, 2)
    assert result["adapter_sha256"] == expected["adapter_sha256"]
    assert result["samples_order_sha256"] == expected["samples_order_sha256"]


def test_shares_are_even():
    sizes = [17, 3, 11, 8, 8, 2, 30, 5]
    shares = processes.shares(sizes, 3)
    assert sorted(number for share in shares for number in share) == list(range(8))
    loads = [sum(sizes[number] for number in share) for share in shares]
    assert max(loads) - min(loads) <= 8


def test_one_process_has_it_all():
    assert processes.shares([3, 9, 4], 1) == [[0, 1, 2]]
    assert list(processes.rounds([1, 2])) == [[1], [2]]
    assert processes.total([2.5]) == [2.5] and processes.leads() and processes.described("full") == {}


def test_more_processes_than_examples():
    assert processes.shares([3], 2) == [[0], []]
