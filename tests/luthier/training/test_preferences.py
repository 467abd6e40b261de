"""Direct preference optimisation against its formula, written out with plain transformers."""

import json

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.nn.functional import cross_entropy, logsigmoid
from training_runs import make_run, row, spec

from luthier.models.base import load_model, load_tokenizer
from luthier.models.chat import IGNORED
from luthier.rows import write_rows
from luthier.training import margins
from luthier.training.attention import OWN, SEGMENTS
from luthier.training.cutting import packer
from luthier.training.dataset import load_split
from luthier.training.margins import base_margins, known, with_margins
from luthier.training.objectives import Preferences
from luthier.training.plan import plan_of
from luthier.training.preferences import with_rejected

BETA = 0.3


@pytest.fixture(scope="module")
def pairs(tiny_model, tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("pairs") / "run")
    rejected = [json.dumps({"rejected": row(number + 1)["messages"][-1]["content"] + " soft"}) for number in range(10)]
    write_rows(run.split("train"), [{**row(number), "meta": rejected[number]} for number in range(10)])
    tokenizer = load_tokenizer(tiny_model)
    return run, with_rejected(load_split(run, "train", tokenizer, 512), run, "train", tokenizer, 512)


def plan(packing: bool):
    return plan_of(spec(paired=True, loss="dpo", dpo_beta=BETA, packing=packing, micro_batch_tokens=400))


def likelihood(model, ids: list[int], labels: list[int]) -> torch.Tensor:
    logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, :-1]
    return -cross_entropy(logits, torch.tensor(labels[1:]), ignore_index=IGNORED, reduction="sum")


def margin(model, example: dict) -> torch.Tensor:
    chosen = likelihood(model, example["input_ids"], example["labels"])
    return chosen - likelihood(model, example["rejected_ids"], example["rejected_labels"])


@pytest.mark.parametrize("packing", [True, False])
def test_loss_and_gradient_are_the_formulas(packing, pairs, tiny_model):
    _, examples = pairs
    base = load_model(tiny_model, "float32")
    found = base_margins(plan(packing), base, examples)
    with torch.no_grad():
        assert found == pytest.approx([margin(base, example).item() for example in examples], abs=1e-4)
    base.set_attn_implementation(SEGMENTS if packing else OWN)
    torch.manual_seed(3)
    tuned = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    trained = [parameter for parameter in tuned.parameters() if parameter.requires_grad]
    gains = [margin(tuned, example) - before for example, before in zip(examples, found, strict=True)]
    usual = -sum(logsigmoid(BETA * gain) for gain in gains)

    micro_batches = packer(plan(packing))(list(examples.add_column("margin", found)))["packs"]
    assert len(micro_batches) == (10 if not packing else len(micro_batches)) and len(micro_batches) > 1
    objective = Preferences(plan(packing))
    assert sum(objective.weight(each) for each in micro_batches) == 10
    ours = sum(objective.loss(tuned, each) for each in micro_batches)
    torch.testing.assert_close(ours, usual, rtol=1e-4, atol=1e-4)
    expected = torch.autograd.grad(usual, trained)
    for mine, theirs in zip(torch.autograd.grad(ours, trained), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=2e-3, atol=1e-4)
    with torch.no_grad():
        tallies = [objective.tally(tuned, each) for each in micro_batches]
    look = objective.look([sum(each) for each in zip(*tallies, strict=True)])
    assert look["eval_loss"] == pytest.approx(usual.item() / 10, rel=1e-4)
    assert look["eval_preferred"] == sum((gain > 0).item() for gain in gains) / 10


def test_the_base_is_asked_once(tmp_path):
    kept, asked = tmp_path / "train-margins.json", []

    def ask() -> list[float]:
        asked.append(1)
        return [0.1 * number for number in range(10)]

    assert known(kept, {"base": "a"}, ask) == known(kept, {"base": "a"}, ask) == ask()
    assert len(asked) == 2
    known(kept, {"base": "b"}, ask)
    assert len(asked) == 3


def test_other_micro_batches_need_no_new_answers(pairs, tiny_model, monkeypatch):
    run, examples = pairs
    base = load_model(tiny_model, "float32")
    first = with_margins({"train": examples}, run, {"base": "a", "micro_batch_tokens": 9}, plan(True), base)
    monkeypatch.setattr(margins, "base_margins", lambda *_: pytest.fail("asked again"))
    again = with_margins({"train": examples}, run, {"base": "a", "micro_batch_tokens": 5}, plan(True), base)
    assert list(first["train"]["margin"]) == list(again["train"]["margin"])
