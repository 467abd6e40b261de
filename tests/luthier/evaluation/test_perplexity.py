"""Surprise at the reference answers against a plain float32 computation, row by row."""

import math

import pytest
import torch
from evaluation_run import row

from luthier.errors import ModelError
from luthier.evaluation.perplexity import Surprise, perplexity, reference, surprises
from luthier.evaluation.prefix import SharedPrefix

ROWS = [row("question", number) for number in range(7)]


def shared(loaded, references):
    return SharedPrefix(loaded.model, [ref.ids[: ref.start] for ref in references])


@torch.inference_mode()
def plain(loaded, ref) -> float:
    logits = loaded.model(input_ids=torch.tensor([ref.ids])).logits[0].double().log_softmax(-1)
    return -sum(float(logits[place - 1, ref.ids[place]]) for place in range(ref.start, len(ref.ids)))


def test_a_batch_equals_row_by_row(loaded):
    references = [reference(loaded, item["messages"]) for item in ROWS]
    prefix = shared(loaded, references)
    assert prefix.length > 0
    for told, ref in zip(surprises(loaded, references, prefix), references, strict=True):
        assert told.nll == pytest.approx(plain(loaded, ref), rel=1e-5)
        assert told.tokens == len(ref.ids) - ref.start


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
    assert math.isfinite(surprises(loaded, [ref], shared(loaded, [ref]))[0].nll)


def test_an_answer_longer_than_the_context_is_scored_as_far_as_it_fits(loaded):
    ref = reference(loaded, [{"role": "user", "content": "?"}, {"role": "assistant", "content": "x" * 2000}])
    assert (ref.start, len(ref.ids)) == (1, loaded.context)
    assert surprises(loaded, [ref], shared(loaded, [ref]))[0].tokens == loaded.context - 1


def test_perplexity_weighs_tokens_not_answers():
    # mean of the two perplexities would be 5.05, exp of the mean NLL per answer 3.0
    values = [Surprise(math.log(9), 1), Surprise(8 * math.log(1.1), 8)]
    assert perplexity(values) == pytest.approx((9 * 1.1**8) ** (1 / 9))


def test_a_damaged_model_is_refused(loaded, tiny_model):
    from luthier.models.base import load_model

    broken = load_model(tiny_model, "float32")
    torch.nn.init.constant_(broken.model.norm.weight, float("nan"))
    references = [reference(loaded, ROWS[0]["messages"])]
    with pytest.raises(ModelError, match="not a number"):
        surprises(loaded._replace(model=broken), references, SharedPrefix(broken, [[1]]))
