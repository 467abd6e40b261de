"""What a model makes of tokens; the head works on those only whose successors are asked for."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import mlx.core as mx
import mlx.nn as nn
import numpy as np

TokenLoss = Callable[[mx.array, mx.array], mx.array]
"""Of float32 logits (tokens, vocabulary) and targets (tokens,): a loss for each token, (tokens,), in nats."""

CHUNK = 512
"""Tokens whose logits are held at once."""


class Padded(NamedTuple):
    """Token sequences side by side, padded on the right, where causal attention does not see it.

    ids: (rows, width). places: (asked tokens,) in the flattened ids; what the model says there has to tell `targets`.
    counts: asked tokens of each row.
    """

    ids: mx.array
    places: mx.array
    targets: mx.array
    counts: tuple[int, ...]


def padded(rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> Padded:
    """rows: the tokens of each, and the places of those to be told from the ones before; never the first."""
    width = max(len(tokens) for tokens, _ in rows) - 1  # nothing follows the last token
    ids = np.zeros((len(rows), width), dtype=np.int32)
    for row, (tokens, _) in zip(ids, rows, strict=True):
        row[: len(tokens) - 1] = tokens[:-1]
    places = [number * width + asked - 1 for number, (_, asked) in enumerate(rows)]
    targets = [tokens[asked] for tokens, asked in rows]
    return Padded(mx.array(ids), _joined(places), _joined(targets), tuple(len(asked) for _, asked in rows))


def _joined(parts: list[np.ndarray]) -> mx.array:
    return mx.array(np.concatenate(parts).astype(np.int32))


def surprise(logits: mx.array, targets: mx.array) -> mx.array:
    """Negative log-likelihood, the cross-entropy with the one right token."""
    return nn.losses.cross_entropy(logits, targets)


class Reader:
    """Asks a model for losses. Whether its head may be given some tokens alone is tried on the model itself."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.head_alone = _head_alone(model)

    def losses(self, batch: Padded, kind: TokenLoss = surprise) -> mx.array:
        """(asked tokens,) in nats, with gradients where they are wanted."""
        if not self.head_alone:
            logits = self.model(batch.ids)
            return kind(logits.reshape(-1, logits.shape[-1])[batch.places].astype(mx.float32), batch.targets)
        hidden = self.model.model(batch.ids)
        chosen = hidden.reshape(-1, hidden.shape[-1])[batch.places]
        chunks = [slice(start, start + CHUNK) for start in range(0, chosen.shape[0], CHUNK)]
        return mx.concatenate([self._of_chunk(chosen[part], batch.targets[part], kind) for part in chunks])

    def _of_chunk(self, hidden: mx.array, targets: mx.array, kind: TokenLoss) -> mx.array:
        """The logits are made again for the gradients, and never kept."""

        def of(hidden: mx.array) -> mx.array:
            return kind(_logits(self.model, hidden).astype(mx.float32), targets)

        return nn.utils.checkpoint(_head(self.model), of)(hidden)


def _head(model: nn.Module) -> nn.Module:
    return model.get("lm_head") or model.model.embed_tokens


def _logits(model: nn.Module, hidden: mx.array) -> mx.array:
    head = _head(model)
    return head.as_linear(hidden) if isinstance(head, nn.Embedding) else head(hidden)


def _head_alone(model: nn.Module) -> bool:
    """Whether the head on hidden states gives the model's own logits: some families scale or cap them."""
    ids = mx.array([[1, 2, 3, 4]])
    try:
        return bool(mx.allclose(_logits(model, model.model(ids)), model(ids), rtol=0.01, atol=0.001))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
