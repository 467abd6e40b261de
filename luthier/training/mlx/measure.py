"""How many tokens go through the model at once: measured before the first step, then kept with the run."""

from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import psutil

from luthier.background.memory import left_bytes
from luthier.models.mlx.reading import Reader, padded
from luthier.spec import TrainingSpec

FOR_ACTIVATIONS = 0.5
"""Share of the free memory; the optimizer and MLX's buffers need the rest."""

SHORT, LONG = 32, 96
"""Tokens of the two examples whose memory is compared."""

ENOUGH = 2048
"""Tokens that keep a Mac's GPU busy; more would only cost memory."""


def settle(training: TrainingSpec, model: nn.Module, longest: int) -> TrainingSpec:
    """The section with what only the model can tell, where it is open; examples are padded here, never packed.

    model: with the weights that will be trained. longest: tokens of the longest example.
    """
    if training.micro_batch_tokens and training.gradient_checkpointing is not None:
        return training.model_copy(update={"packing": training.packing or False})
    room = int(free_memory() * FOR_ACTIVATIONS / bytes_per_token(model))
    chosen: dict[str, Any] = {
        "packing": False,
        "micro_batch_tokens": max(longest, min(ENOUGH, room)),
        "gradient_checkpointing": room < longest,
    }
    return training.model_copy(update={key: chosen[key] for key in chosen if getattr(training, key) is None})


def bytes_per_token(model: nn.Module) -> float:
    """Bytes that a token takes while gradients are computed."""
    return max(1.0, (_peak(model, LONG) - _peak(model, SHORT)) / (LONG - SHORT))


def free_memory() -> int:
    """Bytes that are free for MLX within the limit of this worker."""
    free = min(psutil.virtual_memory().available, left_bytes())
    if mx.default_device() == mx.Device(mx.gpu):  # macOS gives the GPU no more than this share of the one memory
        most: Any = mx.device_info()["max_recommended_working_set_size"]
        free = min(free, most - mx.get_active_memory())
    return max(0, int(free))


def _peak(model: nn.Module, tokens: int) -> int:
    batch, reader = padded([(np.arange(tokens) % 100, np.array([tokens - 1]))]), Reader(model)
    weights = model.trainable_parameters()

    def loss(trained: dict[str, Any]) -> mx.array:
        model.update(trained)
        return reader.losses(batch).sum()

    mx.clear_cache()
    mx.reset_peak_memory()
    mx.eval(mx.grad(loss)(weights))
    model.update(weights)
    return mx.get_peak_memory()
