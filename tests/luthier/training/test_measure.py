"""What is measured before the first step, and what follows from it."""

import pytest
import torch
from training_runs import row

from luthier.errors import SpecError
from luthier.models.base import load_model, load_tokenizer
from luthier.spec import TrainingSpec
from luthier.training import measure
from luthier.training.dataset import as_dataset, encode_rows
from luthier.training.hardware import tokens_at_once
from luthier.training.measure import bytes_per_token, free_memory, settle


@pytest.fixture
def model(tiny_model):
    return load_model(tiny_model, "float32")


@pytest.fixture(scope="module")
def train(tiny_model):
    return as_dataset(encode_rows([row(number) for number in range(6)], load_tokenizer(tiny_model), 512))


def test_with_memory_enough(model, train):
    chosen = settle(TrainingSpec(), model, train)
    assert (chosen.packing, chosen.micro_batch_tokens, chosen.gradient_checkpointing) == (True, tokens_at_once(), False)


def test_little_memory_makes_small_micro_batches_and_less_still_checkpointing(monkeypatch, model, train):
    longest = max(len(example["input_ids"]) for example in train)
    needed = bytes_per_token(model, [train[0]], packing=True) / measure.FOR_ACTIVATIONS
    monkeypatch.setattr(measure, "free_memory", lambda _: 2 * longest * needed)
    chosen = settle(TrainingSpec(), model, train)
    assert longest < chosen.micro_batch_tokens < 4 * longest and not chosen.gradient_checkpointing
    monkeypatch.setattr(measure, "free_memory", lambda _: longest * needed / 4)
    chosen = settle(TrainingSpec(), model, train)
    assert chosen.micro_batch_tokens == longest and chosen.gradient_checkpointing


def test_full_fine_tuning_leaves_room_for_gradients_and_optimizer(monkeypatch, model, train):
    longest = max(len(example["input_ids"]) for example in train)
    activations = 2 * longest * bytes_per_token(model, [train[0]], packing=True) / measure.FOR_ACTIVATIONS
    states = 12 * sum(parameter.numel() for parameter in model.parameters())
    monkeypatch.setattr(measure, "free_memory", lambda _: int(activations + states))
    whole = settle(TrainingSpec(method="full", dtype="float32"), model, train)
    assert longest < whole.micro_batch_tokens < 4 * longest and not whole.gradient_checkpointing
    assert settle(TrainingSpec(), model, train).micro_batch_tokens > whole.micro_batch_tokens
    monkeypatch.setattr(measure, "free_memory", lambda _: states)
    assert settle(TrainingSpec(method="full"), model, train).gradient_checkpointing


@pytest.mark.parametrize("prompt", [0, 40, 150, 400])
def test_a_long_common_prompt_is_packed(model, tiny_model, prompt):
    """Also where it fills all that is tried of an example, or one row begins another."""
    rows = [row(number) for number in range(6)]
    for each in rows:
        each["messages"] = [{"role": "system", "content": "x" * prompt}, *each["messages"]]
    train = as_dataset(encode_rows([*rows, rows[0]], load_tokenizer(tiny_model), 512))
    assert settle(TrainingSpec(), model, train).packing is True


def test_what_the_user_set_stays(model, train):
    asked = TrainingSpec(packing=False, micro_batch_tokens=7, gradient_checkpointing=True)
    assert settle(asked, model, train) == asked


def test_packing_that_is_asked_for_and_wrong_is_refused(monkeypatch, model, train):
    monkeypatch.setattr(model.config, "logits_scaling", 8.0, raising=False)
    assert settle(TrainingSpec(), model, train).packing is False
    with pytest.raises(SpecError, match="cannot be trained on packed") as caught:
        settle(TrainingSpec(packing=True), model, train)
    assert caught.value.where == "training.packing"


def test_processes_that_train_together_share_main_memory(monkeypatch, model):
    monkeypatch.setattr(measure, "free_memory", lambda _: 900)
    monkeypatch.setattr(measure.processes, "count", lambda: 3)
    assert measure.own_memory(model) == 300


def test_a_containers_limit_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "CGROUP", tmp_path)
    unlimited = free_memory(torch.device("cpu"))
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("3000\n")
    (tmp_path / "memory.stat").write_text("anon 1500\ninactive_file 1000\n")
    assert free_memory(torch.device("cpu")) == 3000 < unlimited
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory(torch.device("cpu")) > 3000
