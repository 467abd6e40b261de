"""Which layers of a model an adapter sits on, and putting it there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten, tree_unflatten
from mlx_lm.tuner.lora import LoRALinear


def linear_layers(model: nn.Module) -> dict[str, nn.Module]:
    """By path, every linear layer of the blocks; the head is none of them."""
    blocks = {id(module) for block in model.layers for module in block.modules()}
    found = {path: each for path, each in model.named_modules() if isinstance(each, nn.Linear | nn.QuantizedLinear)}
    return {path: found[path] for path in sorted(found) if id(found[path]) in blocks}


def adapted_layers(model: nn.Module) -> dict[str, LoRALinear]:
    return {path: layer for path, layer in model.named_modules() if isinstance(layer, LoRALinear)}


def add_adapter(model: nn.Module, paths: list[str], rank: int, scale: float) -> None:
    """A fresh adapter that changes nothing yet, in float32 and trainable; the rest of the model is frozen.

    scale: what the product of the two factors is multiplied by, alpha / rank.
    """
    layers = dict(model.named_modules())
    made = [(path, LoRALinear.from_base(layers[path], r=rank, dropout=0.0, scale=scale)) for path in paths]
    model.update_modules(tree_unflatten(made))
    model.freeze()
    for _, layer in made:
        layer.unfreeze(keys=["lora_a", "lora_b"], recurse=False)


@contextmanager
def without_adapter(model: nn.Module) -> Iterator[None]:
    """The base alone, for as long as the context lasts."""
    scales = {path: layer.scale for path, layer in adapted_layers(model).items()}
    try:
        for layer in adapted_layers(model).values():
            layer.scale = 0.0
        yield
    finally:
        for path, layer in adapted_layers(model).items():
            layer.scale = scales[path]


def as_float(value: mx.array) -> float:
    """Of an array that holds one."""
    return float(value.item())  # type: ignore[arg-type]


def read_tensors(file: Path) -> dict[str, mx.array]:
    """Of a file of safetensors."""
    found: Any = mx.load(str(file))
    return found


def flat(tree: dict) -> dict[str, mx.array]:
    """{path: array} of a tree of weights, gradients or moments."""
    return dict(tree_flatten(tree))
