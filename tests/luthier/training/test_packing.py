"""Packed examples must not see each other, and the loss is the mean over all answer tokens."""

import pytest
import torch
from training_runs import row

from luthier.models.base import load_model, load_tokenizer
from luthier.models.chat import IGNORED
from luthier.training.dataset import encode_rows
from luthier.training.packing import answer_loss, pack


@pytest.fixture(scope="module")
def examples(tiny_model):
    encoded = encode_rows([row(number) for number in range(6)], load_tokenizer(tiny_model), 512)
    return [
        {"row": number, "input_ids": example.encoded.input_ids, "labels": example.encoded.labels}
        for number, example in enumerate(encoded)
    ]


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model, "float32")


def padded_loss(model, examples) -> torch.Tensor:
    """The usual way: right padding, an attention mask, all logits."""
    longest = max(len(example["input_ids"]) for example in examples)

    def padded(key: str, filler: int) -> torch.Tensor:
        return torch.tensor([example[key] + [filler] * (longest - len(example[key])) for example in examples])

    mask = torch.tensor([[1] * len(e["input_ids"]) + [0] * (longest - len(e["input_ids"])) for e in examples])
    logits = model(input_ids=padded("input_ids", 0), attention_mask=mask).logits[:, :-1]
    labels = padded("labels", IGNORED)[:, 1:]
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")


def test_packed_loss_and_gradient_are_those_of_padded_examples(model, examples):
    def gradient(loss: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(loss, model.model.layers[0].self_attn.q_proj.weight)[0]

    packed, padded = answer_loss(model, pack(examples)), padded_loss(model, examples)
    torch.testing.assert_close(packed, padded, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(gradient(packed), gradient(padded), rtol=1e-4, atol=1e-5)


def test_a_neighbour_changes_nothing(model, examples):
    alone = sum(answer_loss(model, pack([example])) for example in examples)
    torch.testing.assert_close(answer_loss(model, pack(examples)), alone, rtol=1e-5, atol=1e-4)


def test_the_first_token_is_no_label(examples):
    everything = [{**example, "labels": example["input_ids"]} for example in examples]
    batch = pack(everything)
    starts = batch["position_ids"][0] == 0
    assert starts.sum() == len(examples)
    assert (batch["labels"][0][starts] == IGNORED).all() and (batch["labels"][0][~starts] != IGNORED).all()
