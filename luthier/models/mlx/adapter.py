"""An adapter in PEFT's files, read into MLX's layers and written from them; no digit changes on the way."""

from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.utils import tree_unflatten
from safetensors.numpy import save_file

from luthier.errors import ModelError
from luthier.models.mlx.layers import adapted_layers, add_adapter, read_tensors
from luthier.models.mlx.peft_form import Size, is_plain, layer_of, mlx_name, peft_config, peft_name
from luthier.models.weights import ADAPTER
from luthier.storage import read_json, write_json

FACTORS = ("lora_a", "lora_b")


def write_adapter(model: nn.Module, size: Size, base: Path, folder: Path) -> None:
    """As `models.weights.write_adapter` writes PEFT's."""
    layers = adapted_layers(model)
    weights = {peft_name(f"{path}.{factor}"): as_peft(layers[path][factor]) for path in layers for factor in FACTORS}
    save_file(weights, folder / ADAPTER.weights, metadata={"format": "pt"})
    targets = sorted({path.split(".")[-1] for path in layers})
    write_json(folder / ADAPTER.config, peft_config(size, targets, str(base)))


def load_adapter(model: nn.Module, folder: Path) -> None:
    """Put the adapter in PEFT's folder on the model. Raises ModelError where it is no plain LoRA, or does not fit."""
    about = read_json(folder / ADAPTER.config)
    if not is_plain(about):
        raise ModelError("MLX can load no adapter but plain LoRA", "", "Set training.engine: trl.", str(folder))
    weights = read_adapter(folder)
    paths, layers = sorted({layer_of(name) for name in weights}), dict(model.named_modules())
    if strange := [path for path in paths if path not in layers]:
        why = f"The model has no layer {strange[0]}."
        raise ModelError("this adapter is of another model", why, "Name its own base.", str(folder))
    add_adapter(model, paths, about["r"], about["lora_alpha"] / about["r"])
    set_weights(model, weights)


def read_adapter(folder: Path) -> dict[str, mx.array]:
    """The factors in PEFT's folder, by MLX's names, in float32."""
    found = read_tensors(folder / ADAPTER.weights)
    return {mlx_name(name): as_mlx(value.astype(mx.float32)) for name, value in found.items()}


def set_weights(model: nn.Module, weights: dict[str, mx.array]) -> None:
    """weights: by MLX's names."""
    model.update(tree_unflatten(list(weights.items())))
    mx.eval(model.parameters())


def as_peft(factor: mx.array) -> np.ndarray:
    """PEFT holds both factors with their outputs first, MLX with their inputs."""
    return np.ascontiguousarray(np.array(factor).T)


def as_mlx(factor: mx.array) -> mx.array:
    """Laid out anew: a view would be multiplied by another kernel, with other last digits."""
    return mx.contiguous(factor.T)
