"""Each method and each kind of learning: killed five times at random steps, it ends with the same bytes."""

import json
import random

import pytest
import torch
from killing import imports_once, killed_at, start, steps_logged
from safetensors.torch import load_file
from train_driver import attempt
from training_runs import make_run, row, spec
from transformers import AutoModelForCausalLM, AutoTokenizer

from luthier.errors import Problems
from luthier.evaluation.loaded import load
from luthier.evaluation.perplexity import reference
from luthier.models.base import load_model
from luthier.models.weights import ADAPTER, MODEL, form_of, weights_file
from luthier.rows import write_rows
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl, sha256_file

WAYS = {
    "qlora": {"method": "qlora"},
    "full": {"method": "full", "learning_rate": 0.001, "dtype": "bfloat16"},
    "dpo": {"loss": "dpo", "learning_rate": 0.005},
    "dpo in full": {"loss": "dpo", "method": "full", "learning_rate": 0.001, "packing": False},
}


@pytest.fixture(scope="module", autouse=True)
def _imports_once():
    with imports_once():
        yield


def pair(number: int) -> dict:
    """A row whose rejected answer is another's with a tail, so that there is something to prefer."""
    rejected = row(number + 1)["messages"][-1]["content"] + " soft soft"
    return {**row(number), "meta": json.dumps({"rejected": rejected})}


def run_of(folder, way: str) -> RunFolder:
    values = {"max_steps": 12, "checkpoint_every": 3, "samples": 0, **WAYS[way]}
    if values.get("method") == "full":
        values |= {"rank": None, "dropout": 0.0}
    run = make_run(folder, asked=spec(paired="loss" in values, **values))
    if "loss" in values:
        write_rows(run.split("train"), [pair(number) for number in range(44)])
        write_rows(run.split("validation"), [pair(number) for number in range(1000, 1006)])
    return run


@pytest.fixture(scope="module", params=WAYS)
def straight(request, tiny_model, tmp_path_factory) -> tuple[str, RunFolder, dict]:
    """A run that nobody disturbed."""
    run = run_of(tmp_path_factory.mktemp("way") / "run", request.param)
    return request.param, run, attempt(run, tiny_model, 1)


@pytest.mark.slow
def test_killed_five_times_the_weights_are_the_same(straight, tiny_model, tmp_path):
    way, _, expected = straight
    run = run_of(tmp_path / "run", way)
    killed_at(run, tiny_model, sorted(random.Random(way).sample(range(1, 12), 5)))
    start(run, tiny_model, 6).join()
    result = read_json(run.attempt(6).result)
    assert result["adapter_sha256"] == expected["adapter_sha256"] == sha256_file(weights_file(run.adapter))
    assert result["resumed_from"] and steps_logged(run, 6)[0] == result["resumed_from"] + 1
    assert result["samples_order_sha256"] == expected["samples_order_sha256"]


def test_it_learns(straight):
    """Preferences begin at ln 2, where the model is still the base."""
    way, run, _ = straight
    looks = [event for event in read_jsonl(run.attempt(1).events) if "perplexity" in event]
    losses = [event["train_loss"] for event in read_jsonl(run.attempt(1).events) if "train_loss" in event]
    assert looks[-1]["validation_loss"] < looks[0]["validation_loss"]
    if way.startswith("dpo"):
        assert losses[0] == pytest.approx(0.693147, abs=1e-5)
        assert looks[-1]["preferred"] == 1.0


def test_what_it_leaves_is_what_was_trained(straight, tiny_model):
    way, run, result = straight
    whole = WAYS[way].get("method") == "full"
    assert form_of(run.adapter) == (MODEL if whole else ADAPTER)
    weights = load_file(weights_file(run.adapter))
    wanted = torch.bfloat16 if WAYS[way].get("dtype") == "bfloat16" else torch.float32
    assert {tensor.dtype for tensor in weights.values()} == {wanted}
    if whole:
        model = AutoModelForCausalLM.from_pretrained(run.adapter, dtype="auto")
        assert model.dtype == wanted and sum(p.numel() for p in model.parameters()) == result["trainable_parameters"]
        assert AutoTokenizer.from_pretrained(run.adapter).chat_template


def test_it_is_evaluated_on_the_base_it_was_trained_on(straight, tiny_model):
    """With what was trained the chosen answers are likelier, and without it the base is the base."""
    from luthier.spec_file import load_spec

    way, run, _ = straight
    asked = load_spec(run.spec)
    tuned, plain = load(asked, tiny_model, run.adapter), load(asked, tiny_model)
    asks = [reference(plain.tokenizer, row(number)["messages"], plain.context) for number in range(8)]
    everything = set(range(len(asks)))
    before = dict(plain.engine.score(asks, everything))
    after = dict(tuned.engine.score(asks, everything))
    with tuned.engine.without_adapter():
        assert dict(tuned.engine.score(asks, everything)) == before
    assert dict(tuned.engine.score(asks, everything)) == after != before
    if not way.startswith("dpo"):
        assert sum(told.nll for told in after.values()) < sum(told.nll for told in before.values())


def test_a_base_in_four_bits_is_smaller_and_asked_for_by_qlora_alone(tiny_model):
    from bitsandbytes.nn import Linear4bit

    quantised = load_model(tiny_model, "float32", four_bit=True)
    linear = [name for name, module in quantised.named_modules() if isinstance(module, Linear4bit)]
    assert len(linear) == 14 and not any("head" in name for name in linear)
    assert quantised.model.layers[0].mlp.up_proj.weight.dtype == torch.uint8
    assert quantised.model.layers[0].mlp.up_proj.weight.quant_state.nested


def test_rows_without_a_rejected_answer_are_named(tiny_model, tmp_path):
    run = run_of(tmp_path / "run", "dpo")
    write_rows(run.split("train"), [pair(1), row(2)])
    with pytest.raises(Problems, match="1 row cannot be compared") as refused:
        attempt(run, tiny_model, 1)
    assert "row 2" in str(refused.value.problems[0])
