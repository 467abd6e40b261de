"""Surprise at the reference answers against a plain float32 computation, row by row."""

import math

import pytest
import torch
from evaluation_run import row

from luthier.errors import ModelError
from luthier.evaluation import likelihood, perplexity
from luthier.evaluation.perplexity import Surprise
from luthier.evaluation.torch_engine import TorchEngine

ROWS = [row("question", number) for number in range(7)]


def reference(loaded, messages):
    return perplexity.reference(loaded.tokenizer, messages, loaded.context)


def surprises(engine, references):
    told = dict(engine.score(references, {*range(len(references))}))
    return [told[index] for index in range(len(references))]


@torch.inference_mode()
def plain(loaded, ref) -> float:
    logits = loaded.engine.model(input_ids=torch.tensor([ref.ids])).logits[0].double().log_softmax(-1)
    return -sum(float(logits[place - 1, ref.ids[place]]) for place in range(ref.start, len(ref.ids)))


def test_a_batch_equals_row_by_row(loaded):
    references = [reference(loaded, item["messages"]) for item in ROWS]
    for told, ref in zip(surprises(loaded.engine, references), references, strict=True):
        assert told.nll == pytest.approx(plain(loaded, ref), rel=1e-5)
        assert told.tokens == len(ref.ids) - ref.start


@pytest.mark.parametrize("tokens", [8, 50, 10_000])
def test_reading_in_pieces_changes_nothing(loaded, tokens, monkeypatch):
    references = [reference(loaded, item["messages"]) for item in ROWS]
    monkeypatch.setattr(likelihood, "READ_AT_ONCE", tokens)
    for told, ref in zip(surprises(loaded.engine, references), references, strict=True):
        assert told.nll == pytest.approx(plain(loaded, ref), rel=1e-5)


def test_the_head_never_makes_more_logits_than_are_read_at_once(loaded, monkeypatch):
    rows = []
    head = loaded.engine.model.get_output_embeddings()
    hook = head.register_forward_hook(lambda _head, _given, logits: rows.append(logits.shape[:-1].numel()))
    monkeypatch.setattr(likelihood, "READ_AT_ONCE", 20)
    answer = reference(loaded, [{"role": "user", "content": "?"}, {"role": "assistant", "content": "x" * 200}])
    surprises(loaded.engine, [answer])
    hook.remove()
    assert max(rows) <= 20
    assert sum(rows) == answer.scored + 1  # one place for the prefix


def test_the_answer_and_its_end_of_turn_are_scored_and_nothing_else(loaded):
    ref = reference(loaded, ROWS[1]["messages"])
    assert loaded.tokenizer.decode(ref.ids[ref.start :]) == ROWS[1]["messages"][-1]["content"] + "<|im_end|>"


def test_only_the_last_answer_is_scored(loaded):
    conversation = [*ROWS[0]["messages"], *ROWS[1]["messages"]]
    ref = reference(loaded, conversation)
    assert loaded.tokenizer.decode(ref.ids[ref.start :]) == ROWS[1]["messages"][-1]["content"] + "<|im_end|>"


def test_a_long_conversation_keeps_its_whole_answer(loaded):
    long = [{"role": "user", "content": "x" * 2000}, ROWS[1]["messages"][-1]]
    short = reference(loaded, ROWS[1]["messages"])
    ref = reference(loaded, long)
    assert ref.truncated
    assert not short.truncated
    assert len(ref.ids) == loaded.context
    assert ref.ids[ref.start :] == short.ids[short.start :]
    assert math.isfinite(surprises(loaded.engine, [ref])[0].nll)


def test_an_answer_longer_than_the_context_is_scored_as_far_as_it_fits(loaded):
    ref = reference(loaded, [{"role": "user", "content": "?"}, {"role": "assistant", "content": "x" * 2000}])
    assert (ref.start, len(ref.ids)) == (1, loaded.context)
    assert surprises(loaded.engine, [ref])[0].tokens == loaded.context - 1


def test_perplexity_weighs_tokens_not_answers():
    # mean of the two perplexities would be 5.05, exp of the mean NLL per answer 3.0
    values = [Surprise(math.log(9), 1), Surprise(8 * math.log(1.1), 8)]
    assert perplexity.perplexity(values) == pytest.approx((9 * 1.1**8) ** (1 / 9))


def test_a_damaged_model_is_refused(loaded, tiny_model):
    from luthier.models.base import load_model

    broken = load_model(tiny_model, "float32")
    torch.nn.init.constant_(broken.model.norm.weight, float("nan"))
    references = [reference(loaded, ROWS[0]["messages"])]
    with pytest.raises(ModelError, match="not a number"):
        surprises(TorchEngine(broken, 0, [], 1), references)
