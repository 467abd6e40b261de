"""A model folder as MLX's model of the same architecture."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.cache import RotatingKVCache, make_prompt_cache
from mlx_lm.utils import load_model
from safetensors import safe_open

from luthier.errors import ModelError
from luthier.models.mlx.layers import linear_layers
from luthier.storage import read_json

KEPT = 2 << 30
"""Bytes of freed buffers that MLX may keep for arrays of the same sizes; unlimited, batches of many lengths fill the
memory with them."""

GROUP, BITS = 64, 4
"""Of a quantised base: so many weights share a scale and a smallest value, each held in so many bits."""


def load(folder: Path, dtype: str, trust_remote_code: bool = False, four_bit: bool = False) -> nn.Module:
    """The causal language model, frozen and in evaluation mode, its weights in `dtype` (float32 or bfloat16).

    four_bit: its linear layers but the head in BITS bits. Raises ModelError where mlx-lm has no such architecture, or
    names its layers otherwise than the folder does.
    """
    mx.set_cache_limit(KEPT)
    try:
        model, _ = load_model(folder, lazy=True, model_config=_older(folder), trust_remote_code=trust_remote_code)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        fix = "Set training.engine: trl, or name another causal language model."
        raise ModelError(f"MLX cannot load the model in {folder}", str(error), fix, "model.base") from error
    model.set_dtype(getattr(mx, dtype))
    check_names([f"{path}.weight" for path in linear_layers(model)], folder)
    if four_bit:
        chosen = linear_layers(model)
        nn.quantize(model, GROUP, BITS, class_predicate=lambda path, layer: path in chosen and _divides(layer))
    model.freeze()
    model.eval()
    mx.eval(model.parameters())
    return model


def window(model: nn.Module, folder: Path) -> int | None:
    """Tokens up to which this is the very model: mlx-lm leaves out the sliding windows of some families."""
    config = read_json(folder / "config.json")
    slides = config.get("sliding_window") if config.get("use_sliding_window", True) else None
    kept = any(isinstance(cache, RotatingKVCache) for cache in make_prompt_cache(model))
    return None if kept else slides


def tensor_names(folder: Path) -> set[str]:
    """Names of all weights in a model folder; only the files' headers are read."""
    names: set[str] = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="numpy") as file:
            names |= set(file.keys())
    return names


def check_names(names: Iterable[str], folder: Path) -> None:
    """What is trained is kept under the names that the folder has, as everybody else knows the model by them."""
    known = tensor_names(folder)
    if strange := [name for name in names if name not in known]:
        raise ModelError(
            "this model cannot be trained by MLX",
            f"mlx-lm holds its weights otherwise than its folder ({strange[0]}), so that the result would fit nowhere.",
            "Set training.engine: trl.",
            "training.engine",
        )


def _divides(layer: nn.Module) -> bool:
    return layer.weight.shape[-1] % GROUP == 0


def _older(folder: Path) -> dict[str, Any]:
    """What mlx-lm looks for in older places than those where transformers 5 writes it."""
    config = read_json(folder / "config.json")
    rope, kinds = config.get("rope_parameters") or {}, config.get("layer_types") or []
    found: dict[str, Any] = {}
    if "sliding_attention" in kinds and "full_attention" in kinds:
        found["sliding_window_pattern"] = kinds.index("full_attention") + 1
    if "full_attention" in rope:
        found["rope_local_base_freq"] = rope.get("sliding_attention", {}).get("rope_theta", 10_000.0)
    return found | _older_rope(rope.get("full_attention", rope))


def _older_rope(rope: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: rope[key] for key in ("rope_theta", "partial_rotary_factor") if key in rope}
    if rope.get("rope_type", "default") != "default":
        found["rope_scaling"] = {key: value for key, value in rope.items() if key not in found}
    return found
