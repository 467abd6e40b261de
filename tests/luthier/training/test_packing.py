"""Packed examples get the loss and the gradients that padded ones get, whatever they share."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from peft.helpers import disable_input_dtype_casting
from training_runs import row

from luthier.models.base import load_model, load_tokenizer
from luthier.models.chat import IGNORED
from luthier.training import attention
from luthier.training.attention import SEGMENTS
from luthier.training.dataset import encode_rows
from luthier.training.losses import surprise
from luthier.training.packing import Packer, best_fit
from luthier.training.readout import read

ANYTHING = Packer(packing=True, share=True, budget=1 << 30)


def answer_loss(model, packed):
    return read(model, packed).total(surprise, None)


@pytest.fixture(scope="module")
def examples(tiny_model):
    encoded = encode_rows([row(number) for number in range(6)], load_tokenizer(tiny_model), 512)
    return [
        {"row": number, "input_ids": example.encoded.input_ids, "labels": example.encoded.labels}
        for number, example in enumerate(encoded)
    ]


@pytest.fixture(scope="module")
def model(tiny_model):
    """With an adapter that does something; float32."""
    torch.manual_seed(0)
    adapter = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    tuned = get_peft_model(load_model(tiny_model, "float32"), adapter)
    tuned.set_attn_implementation(SEGMENTS)
    return tuned


def padded_loss(model, examples) -> torch.Tensor:
    """The usual way: right padding, an attention mask, all logits."""
    longest = max(len(example["input_ids"]) for example in examples)

    def padded(key: str, filler: int) -> torch.Tensor:
        return torch.tensor([list(e[key]) + [filler] * (longest - len(e[key])) for e in examples])

    mask = torch.tensor([[1] * len(e["input_ids"]) + [0] * (longest - len(e["input_ids"])) for e in examples])
    logits = model(input_ids=padded("input_ids", 0), attention_mask=mask).logits[:, :-1]
    labels = padded("labels", IGNORED)[:, 1:]
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")


def gradients(model, loss: torch.Tensor) -> torch.Tensor:
    """Of all adapter weights, end to end."""
    trained = [p for p in model.parameters() if p.requires_grad]
    return torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, trained)])


@st.composite
def batches(draw) -> list[dict]:
    """Examples of random lengths and labels; some begin alike, some are the same."""
    tokens = st.lists(st.integers(5, 200), min_size=2, max_size=40)
    sequences = [draw(tokens)]
    for _ in range(draw(st.integers(0, 5))):
        other = sequences[draw(st.integers(0, len(sequences) - 1))]
        sequences.append(other[: draw(st.integers(0, len(other)))] + draw(tokens))
    return [{"row": number, "input_ids": ids, "labels": draw(labels_of(ids))} for number, ids in enumerate(sequences)]


@st.composite
def labels_of(draw, ids: list[int]) -> list[int]:
    learned = draw(st.lists(st.booleans(), min_size=len(ids) - 1, max_size=len(ids) - 1))
    learned[draw(st.integers(0, len(ids) - 2))] = True
    return [IGNORED, *(token if yes else IGNORED for token, yes in zip(ids[1:], learned, strict=True))]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=batches(), share=st.booleans())
def test_loss_and_gradients_are_those_of_padded_examples(model, batch, share):
    packed = Packer(packing=True, share=share, budget=1).pack(batch)
    ours, usual = answer_loss(model, packed), padded_loss(model, batch)
    torch.testing.assert_close(ours, usual, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(gradients(model, ours), gradients(model, usual), rtol=1e-3, atol=1e-4)


def test_each_alone_comes_to_the_same(model, examples):
    one_by_one = Packer(packing=False, share=False, budget=1)(examples)["packs"]
    assert len(one_by_one) == len(examples) and all(pack.layout is None for pack in one_by_one)
    together, alone = answer_loss(model, ANYTHING.pack(examples)), sum(answer_loss(model, p) for p in one_by_one)
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(gradients(model, together), gradients(model, alone), rtol=1e-3, atol=1e-4)


def test_what_they_share_is_computed_once(examples):
    shared, apart = (Packer(packing=True, share=share, budget=1).pack(examples) for share in (True, False))
    assert shared.layout.shared and not apart.layout.shared
    assert apart.input_ids.numel() == sum(len(example["input_ids"]) - 1 for example in examples)
    saved = apart.input_ids.numel() - shared.input_ids.numel()
    beginnings = [example["input_ids"] for example in examples]
    common = next(n for n, tokens in enumerate(zip(*beginnings, strict=False)) if len(set(tokens)) > 1)
    assert saved >= common * (len(examples) - 1) > 0


def test_a_neighbour_changes_nothing(model, examples):
    """Not by one bit: the others' tokens are no part of the sum."""
    packed = ANYTHING.pack(examples[:2])
    changed = [examples[0], {**examples[1], "input_ids": [*examples[1]["input_ids"][:-9], *range(30, 39)]}]
    mine = packed.predicting[: sum(label != IGNORED for label in examples[0]["labels"][1:])]

    def hidden(pack) -> torch.Tensor:
        decoder = model.get_base_model().get_decoder()
        return decoder(input_ids=pack.input_ids, position_ids=pack.position_ids, layout=pack.layout).last_hidden_state

    with torch.no_grad():
        before, after = hidden(packed), hidden(ANYTHING.pack(changed))
    assert torch.equal(before[0, mine], after[0, mine])
    assert not torch.equal(before, after)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(1, 120))
def test_best_fit_holds_all_within_the_budget(lengths, budget):
    bins = best_fit(lengths, budget)
    assert sorted(number for members in bins for number in members) == list(range(len(lengths)))
    assert all(len(members) == 1 or sum(lengths[n] for n in members) <= budget for members in bins)
    loads = sorted(sum(lengths[n] for n in members) for members in bins)
    assert len(bins) < 2 or loads[0] + loads[1] > budget  # else they would be one


def test_best_fit_takes_the_fullest_that_has_room():
    assert best_fit([6, 5, 4, 3, 2], 10) == [[0, 2], [1, 3, 4]]
    assert best_fit([3, 3], 0) == [[0], [1]]


def test_numpy_rows_are_packed_as_lists(examples):
    arrays = [
        {"row": e["row"], **{k: np.array(e[k], dtype=np.int32) for k in ("input_ids", "labels")}} for e in examples
    ]
    assert torch.equal(ANYTHING.pack(arrays).input_ids, ANYTHING.pack(examples).input_ids)
    assert ANYTHING.pack(arrays).targets.dtype == torch.int64


@pytest.mark.parametrize("short", [attention.SHORT, 0])
def test_bfloat16_gradients_point_where_the_padded_float32_ones_do(monkeypatch, model, examples, short):
    """As a run computes them: bfloat16 base, float32 adapter, autocast. Cosine above 0.999, length within 2 %."""
    monkeypatch.setattr(attention, "SHORT", short)
    usual = gradients(model, padded_loss(model, examples))
    rounded = copy.deepcopy(model)
    for name, parameter in rounded.named_parameters():
        if "lora_" not in name:
            parameter.data = parameter.data.to(torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16), disable_input_dtype_casting(rounded):
        loss = answer_loss(rounded, ANYTHING.pack(examples))
    ours = gradients(rounded, loss)
    assert torch.cosine_similarity(ours, usual, dim=0) > 0.999
    assert float(ours.norm() / usual.norm()) == pytest.approx(1, abs=0.02)
