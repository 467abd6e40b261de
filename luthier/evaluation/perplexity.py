"""How surprised the model is by the reference answers."""

from collections.abc import Iterable
from math import exp, isfinite
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy

from luthier.errors import ModelError
from luthier.evaluation.batches import left_padded
from luthier.evaluation.loaded import Loaded
from luthier.evaluation.prefix import SharedPrefix
from luthier.models.chat import encode_answer
from luthier.rows import Message


class Reference(NamedTuple):
    """Prompt and reference answer: `ids[start:]` is scored, the end-of-turn token included."""

    ids: list[int]
    start: int
    truncated: bool


class Surprise(NamedTuple):
    """Sum of the negative log-likelihoods of one answer's tokens, in nats, and how many tokens they are."""

    nll: float
    tokens: int


def reference(loaded: Loaded, messages: list[Message]) -> Reference:
    """A conversation that is too long loses its beginning, so that its answer is scored in full all the same."""
    ids, start = encode_answer(loaded.tokenizer, messages, max_length=1 << 30)
    cut = max(0, len(ids) - loaded.context)
    return Reference(ids[cut:], max(1, start - cut), cut > 0)


@torch.inference_mode()
def surprises(loaded: Loaded, references: list[Reference], prefix: SharedPrefix) -> list[Surprise]:
    """One forward pass; the head works on the last positions only, the log-softmax in float32.

    Raises ModelError when a likelihood is not a finite number.
    """
    rows = [ref.ids[prefix.length :] for ref in references]
    ids, mask = left_padded(rows, loaded.tokenizer.pad_token_id, loaded.model.device)
    mask = torch.cat([mask.new_ones(len(rows), prefix.length), mask], dim=1)
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, prefix.length :]
    scored = [len(ref.ids) - ref.start for ref in references]
    logits = loaded.model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=prefix.cache(len(rows)),
        logits_to_keep=max(scored) + 1,
    ).logits[:, :-1]
    return [
        Surprise(_finite(cross_entropy(row[-count:].float(), answer[-count:], reduction="sum").item()), count)
        for row, answer, count in zip(logits, ids, scored, strict=True)
    ]


def _finite(nll: float) -> float:
    if isfinite(nll):
        return nll
    raise ModelError(
        "the model gives the reference answers no likelihood",
        "Its output is not a number: the weights are damaged, or they overflow in this dtype.",
        "Try training.dtype: float32, or another base model.",
        "model.base",
    )


def perplexity(surprises: Iterable[Surprise]) -> float:
    """exp(sum of NLL / sum of tokens): every token weighs the same, whichever answer it stands in."""
    nll, tokens = (sum(values) for values in zip(*surprises, strict=True))
    return exp(nll / tokens)
