"""What PEFT calls the two factors of an adapted layer, and what it says of an adapter. Imports neither library."""

import re
from typing import Any, NamedTuple

PREFIX = "base_model.model."
"""PEFT's, before a layer's path in the model."""

PEFT_ENDS = {"lora_a": "lora_A.weight", "lora_b": "lora_B.weight"}
MLX_ENDS = {end: factor for factor, end in PEFT_ENDS.items()}

PEFT_NAME = re.compile(rf"{re.escape(PREFIX)}(?P<path>.+)\.(?P<end>lora_[AB]\.weight)")


class Size(NamedTuple):
    """alpha: the product of the two factors is multiplied by alpha / rank, which MLX calls scale."""

    rank: int
    alpha: float
    dropout: float

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


def peft_name(name: str) -> str:
    """`model.layers.0.mlp.up_proj.lora_a` → `base_model.model.model.layers.0.mlp.up_proj.lora_A.weight`"""
    path, factor = name.rsplit(".", 1)
    return f"{PREFIX}{path}.{PEFT_ENDS[factor]}"


def mlx_name(name: str) -> str:
    """The other way. Raises ValueError for what is no factor of a linear layer's adapter."""
    found = PEFT_NAME.fullmatch(name)
    if not found:
        raise ValueError(f"{name} is no factor of a linear layer")
    return f"{found['path']}.{MLX_ENDS[found['end']]}"


def layer_of(name: str) -> str:
    """The path of the layer that a factor, by MLX's name, is of."""
    return name.rsplit(".", 1)[0]


def peft_config(size: Size, targets: list[str], base: str) -> dict[str, Any]:
    """PEFT's configuration; what it leaves out has PEFT's usual values. targets: paths of layers, or their ends."""
    alpha = int(size.alpha) if size.alpha == int(size.alpha) else size.alpha
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": size.rank,
        "lora_alpha": alpha,
        "lora_dropout": size.dropout,
        "target_modules": targets,
        "bias": "none",
        "inference_mode": True,
    }


def is_plain(config: dict[str, Any]) -> bool:
    """Whether PEFT's configuration says no more than what both libraries compute alike."""
    more = ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "modules_to_save", "fan_in_fan_out")
    return config["peft_type"] == "LORA" and not any(config.get(key) for key in more) and config["bias"] == "none"
