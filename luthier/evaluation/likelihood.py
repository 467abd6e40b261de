"""Likelihoods of reference answers; the model's head works on their tokens only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import Cache

from luthier.evaluation.perplexity import Reference, Surprise, finite
from luthier.evaluation.prefix import SharedPrefix
from luthier.models.greedy import left_padded, positions, short_enough

READ_AT_ONCE = 1024
"""Tokens of one forward pass, and so the most that the head makes logits of; a longer row is read piece by piece,
unless its length decides how the model sees its places."""

COMPARED_AT_ONCE = 256
"""Tokens whose logits are in float32 at the same time."""


@torch.inference_mode()
def surprises(model: Any, pad: int, references: list[Reference], prefix: SharedPrefix, width: int) -> list[Surprise]:
    """One batch, its rows padded on the left to `width` tokens; `prefix` must begin each row.

    Raises ModelError when a likelihood is not a finite number.
    """
    own = [ref.ids[prefix.length :] for ref in references]
    ids, mask = left_padded(own, pad, model.device, width - prefix.length)
    mask = torch.cat([mask.new_ones(len(own), prefix.length), mask], dim=1)
    scored = torch.zeros_like(ids, dtype=torch.bool)
    for row, ref in zip(scored, references, strict=True):
        row[-ref.scored :] = True
    losses = _losses(model, ids, mask, scored, prefix.cache(len(own)))
    return [finite(nll, ref.scored) for nll, ref in zip(losses.sum(dim=1).tolist(), references, strict=True)]


def _losses(model: Any, ids: torch.Tensor, mask: torch.Tensor, scored: torch.Tensor, cache: Cache) -> torch.Tensor:
    """(rows, own tokens): the negative log-likelihood of each scored token, else 0."""
    losses = torch.zeros(ids.shape, device=ids.device)
    places = positions(mask)
    known = mask.shape[1] - ids.shape[1]
    step = max(1, READ_AT_ONCE // len(ids)) if mask.shape[1] <= short_enough(model) else ids.shape[1]
    for start in range(0, ids.shape[1] - 1, step):  # nothing follows the last token
        end = min(start + step, ids.shape[1] - 1)
        following = slice(start + 1, end + 1)
        with _head_only_at(model, scored[:, following]):
            logits = model(
                input_ids=ids[:, start:end],
                attention_mask=mask[:, : known + end],
                position_ids=places[:, known + start : known + end],
                past_key_values=cache,
                use_cache=True,
            ).logits[0]
        losses[:, following][scored[:, following]] = _cross_entropy(logits, ids[:, following][scored[:, following]])
    return losses


@contextmanager
def _head_only_at(model: Any, chosen: torch.Tensor) -> Iterator[None]:
    """Give the head the hidden states of the chosen places only, as one row: logits are (1, chosen, vocabulary).

    All that a family does with its logits afterwards (scaling, soft caps) stays the model's own.
    """
    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(lambda _head, given: (given[0][chosen][None],))
    try:
        yield
    finally:
        hook.remove()


def _cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    chunks = zip(logits.split(COMPARED_AT_ONCE), targets.split(COMPARED_AT_ONCE), strict=True)
    return torch.cat([cross_entropy(chunk.float(), wanted, reduction="none") for chunk, wanted in chunks])
