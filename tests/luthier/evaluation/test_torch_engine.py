"""Batched answers are the answers one would get one by one, whoever else is in the batch."""

from typing import Any

import pytest
import torch
import transformers
from evaluation_run import row
from hypothesis import given, settings
from hypothesis import strategies as st

from luthier.evaluation import likelihood, torch_engine
from luthier.evaluation.perplexity import Reference
from luthier.evaluation.prefix import SharedPrefix
from luthier.evaluation.torch_engine import TorchEngine
from luthier.models.batches import by_length
from luthier.models.chat import prompt_ids
from luthier.models.greedy import left_padded

tokens = st.lists(st.integers(3, 250), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def prompts(loaded):
    rows = [row("question", number) for number in range(9)]
    return [prompt_ids(loaded.tokenizer, item["messages"], loaded.room) for item in rows]


@torch.inference_mode()
def one_by_one(engine, prompt: list[int]) -> list[int]:
    """The plainest greedy search: no batch, no cache, no library."""
    written: list[int] = []
    while len(written) < engine.max_new_tokens:
        token = int(engine.model(input_ids=torch.tensor([prompt + written])).logits[0, -1].argmax())
        if token in engine.stops:
            break
        written.append(token)
    return written


@torch.inference_mode()
def nll(model, ref: Reference) -> float:
    likelihoods = model(input_ids=torch.tensor([ref.ids])).logits[0].double().log_softmax(-1)
    return -sum(float(likelihoods[place - 1, ref.ids[place]]) for place in range(ref.start, len(ref.ids)))


def answers(engine, prompts) -> list[list[int]]:
    found = dict(engine.answer(prompts, {*range(len(prompts))}))
    return [found[index] for index in range(len(prompts))]


def test_a_batch_with_a_shared_prefix_equals_one_by_one(loaded, prompts):
    assert SharedPrefix(loaded.engine.model, prompts, 100).length > 10
    assert len({len(prompt) for prompt in prompts}) > 1
    assert answers(loaded.engine, prompts) == [one_by_one(loaded.engine, prompt) for prompt in prompts]


def test_an_answer_ends_before_its_stop_token(loaded, prompts):
    usual = one_by_one(loaded.engine, prompts[0])
    stopping = TorchEngine(loaded.engine.model, 0, [usual[3]], loaded.max_new_tokens)
    assert answers(stopping, prompts[:2])[0] == usual[: usual.index(usual[3])]


@settings(max_examples=15, deadline=None)
@given(st.lists(tokens, min_size=1, max_size=9), tokens, st.sets(st.integers(0, 258), max_size=60))
def test_any_batch_equals_one_by_one(loaded, rows, shared, stops):
    """Rows end at different steps, so that the batch shrinks while the others go on."""
    engine = TorchEngine(loaded.engine.model, 0, sorted(stops), 8)
    rows = [shared + row for row in rows]
    assert answers(engine, rows) == [one_by_one(engine, row) for row in rows]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_asked_again_comes_out_as_it_would_have(loaded, prompts, dtype, monkeypatch):
    """Bit for bit also in bfloat16, where one more place of padding may change an answer."""
    monkeypatch.setattr(torch_engine, "ANSWERED_AT_ONCE", 400)
    engine = TorchEngine(loaded.engine.model.to(dtype), 0, loaded.engine.stops, 12)
    everything = answers(engine, prompts)
    references = [Reference(prompt, len(prompt) - 5, False) for prompt in prompts]
    scores = dict(engine.score(references, {*range(9)}))
    for wanted in ({0}, {1, 4}, {2, 3, 5, 6, 7}):
        assert dict(engine.answer(prompts, wanted)) == {index: everything[index] for index in wanted}
        again = dict(engine.score(references, wanted))
        if dtype == torch.bfloat16:
            assert again == {index: scores[index] for index in wanted}
        assert {index: told.nll for index, told in again.items()} == pytest.approx(
            {index: scores[index].nll for index in wanted}
        )
    loaded.engine.model.to(torch.float32)


SMALL = {
    "vocab_size": 256, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 128, "pad_token_id": 0,
}  # fmt: skip
FAMILIES = {
    "LlamaConfig": {},
    "MistralConfig": {"sliding_window": 8},
    "Qwen3Config": {},
    "Phi3Config": {},
    "Gemma2Config": {"sliding_window": 8, "query_pre_attn_scalar": 8},
    "Gemma3TextConfig": {
        "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"], "final_logit_softcapping": 0.5,
    },
    "SmolLM3Config": {"no_rope_layers": [1, 0], "bos_token_id": 0, "eos_token_id": 0},
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_any_family_answers_and_scores_as_one_by_one(family):
    torch.manual_seed(0)
    config = getattr(transformers, family)(**(SMALL | FAMILIES[family]))
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=None).eval()
    for weight in model.parameters():
        if weight.dim() == 2:
            weight.data *= 6
    rows = [[*range(5, 25), *range(30, 30 + 3 * number)] for number in (1, 7, 2, 5)]
    engine = TorchEngine(model, 0, [], 10)
    assert answers(engine, rows) == [one_by_one(engine, row) for row in rows]
    references = [Reference(row, 22, False) for row in rows]
    scores = dict(engine.score(references, {*range(4)}))
    assert [scores[index].nll for index in range(4)] == pytest.approx([nll(model, ref) for ref in references], rel=1e-4)


def long_rope() -> Any:
    """A Phi of which rows of more than 24 tokens look otherwise than shorter ones."""
    torch.manual_seed(0)
    rope = {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0] * 4, "long_factor": [1, 3, 9, 27]}
    config = transformers.Phi3Config(**SMALL, rope_parameters=rope, original_max_position_embeddings=24)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for weight in model.parameters():
        if weight.dim() == 2:
            weight.data *= 6
    return model


def test_rows_that_grow_out_of_their_short_places_are_read_again(monkeypatch):
    """Phi with LongRoPE: a prompt of 19 grows past 24 as it is answered, that of 26 is past it, that of 12 stays."""
    engine = TorchEngine(long_rope(), 0, [], 10)
    rows = [[*range(5, 15), *range(30, 30 + more)] for more in (2, 9, 16, 3, 14)]
    assert answers(engine, rows) == [one_by_one(engine, row) for row in rows]
    monkeypatch.setattr(likelihood, "READ_AT_ONCE", 10)
    references = [Reference(row, 6, False) for row in rows]
    scores = dict(engine.score(references, {*range(len(rows))}))
    wanted = [nll(engine.model, ref) for ref in references]
    assert [scores[index].nll for index in range(len(rows))] == pytest.approx(wanted, rel=1e-4)


def test_the_prefix_leaves_each_row_a_token_of_its_own(loaded):
    assert SharedPrefix(loaded.engine.model, [[5, 6, 7]] * 3, 3).ids == [5, 6]
    assert SharedPrefix(loaded.engine.model, [[5, 6, 7], [5]], 3).ids == []


@given(st.lists(st.integers(1, 300), max_size=50), st.integers(1, 1000))
def test_batches_hold_every_row_once_within_the_budget(lengths, budget):
    batches = by_length(lengths, budget)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= budget


def test_padding_stands_on_the_left():
    ids, mask = left_padded([[1, 2, 3], [4]], 0, torch.device("cpu"), 4)
    assert ids.tolist() == [[0, 1, 2, 3], [0, 0, 0, 4]]
    assert mask.tolist() == [[0, 1, 1, 1], [0, 0, 0, 1]]
