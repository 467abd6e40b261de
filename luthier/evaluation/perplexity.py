"""How surprised the model is by the reference answers: what is scored, and what comes of it."""

from collections.abc import Iterable
from math import exp, isfinite
from typing import NamedTuple

from transformers import PreTrainedTokenizerBase

from luthier.errors import ModelError
from luthier.models.chat import encode_answer
from luthier.rows import Message


class Reference(NamedTuple):
    """Prompt and reference answer: `ids[start:]` is scored, the end-of-turn token included."""

    ids: list[int]
    start: int
    truncated: bool

    @property
    def scored(self) -> int:
        return len(self.ids) - self.start


class Surprise(NamedTuple):
    """Sum of the negative log-likelihoods of one answer's tokens, in nats, and how many tokens they are."""

    nll: float
    tokens: int


def finite(nll: float, tokens: int) -> Surprise:
    """Raises ModelError when the likelihood is not a finite number."""
    if isfinite(nll):
        return Surprise(nll, tokens)
    raise ModelError(
        "the model gives the reference answers no likelihood",
        "Its output is not a number: the weights are damaged, or they overflow in this dtype.",
        "Try training.dtype: float32, or another base model.",
        "model.base",
    )


def reference(tokenizer: PreTrainedTokenizerBase, messages: list[Message], context: int) -> Reference:
    """A conversation longer than the context loses its beginning, so that its answer is scored in full all the same."""
    ids, start = encode_answer(tokenizer, messages, max_length=1 << 30)
    cut = max(0, len(ids) - context)
    return Reference(ids[cut:], max(1, start - cut), cut > 0)


def perplexity(surprises: Iterable[Surprise]) -> float:
    """exp(sum of NLL / sum of tokens): every token weighs the same, whichever answer it stands in."""
    nll, tokens = (sum(values) for values in zip(*surprises, strict=True))
    return exp(nll / tokens)
