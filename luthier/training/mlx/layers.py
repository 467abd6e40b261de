"""What training adds to a model's layers: dropout in the adapter, and activations that are computed again."""

from functools import partial

import mlx.core as mx
import mlx.nn as nn

from luthier.models.mlx.layers import adapted_layers


class Dropout(nn.Module):
    """Its mask is made of a key, so that a layer that is computed again for its gradients has the same one."""

    def __init__(self, share: float):
        super().__init__()
        self._share = share
        self._key = mx.random.key(0)

    def __call__(self, x: mx.array) -> mx.array:
        if not self.training:
            return x
        return mx.random.bernoulli(1 - self._share, x.shape, self._key) * x * (1 / (1 - self._share))


def add_dropout(model: nn.Module, share: float) -> list[Dropout]:
    """To the adapter; none where nothing is dropped."""
    found = []
    for layer in adapted_layers(model).values() if share else ():
        layer.dropout = own = Dropout(share)  # type: ignore[assignment]
        found.append(own)
    return found


def draw(dropouts: list[Dropout], seed: int, step: int, number: int) -> None:
    """New masks for a micro-batch of a step, of the numbers alone: to go on, nobody need know what was drawn before."""
    key = mx.random.split(mx.random.key(seed << 32 | step), number + 1)[number]
    for dropout, own in zip(dropouts, mx.random.split(key, max(1, len(dropouts))), strict=False):
        dropout._key = own


def recompute_blocks(model: nn.Module) -> None:
    """Keep of each block no more than its input, and compute the rest again for the gradients."""
    for block in model.layers:
        block.__class__ = _recomputing(type(block))


def _recomputing(kind: type[nn.Module]) -> type[nn.Module]:
    def call(self: nn.Module, *given, **named):
        return nn.utils.checkpoint(self, partial(kind.__call__, self))(*given, **named)

    return type(kind.__name__, (kind,), {"__call__": call})
