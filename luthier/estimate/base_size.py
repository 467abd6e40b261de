"""How big a base model is, read from its config and the headers of its weight files; no weight is loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from luthier.storage import read_json


@dataclass(frozen=True)
class BaseSize:
    """Weights that multiply, in numbers of weights. Experts of which only some are used count as if all were.

    layers_weights: of the layers' matrices. sides: sum of both sides of each of them, which LoRA's rank multiplies.
    head: of the output head. bytes: of all weight files.
    """

    layers_weights: int
    sides: int
    head: int
    bytes: int
    layers: int
    hidden: int
    vocabulary: int
    cached: int
    """Numbers that attention keeps of each token while it answers, all layers."""

    @property
    def weights(self) -> int:
        return self.layers_weights + self.head

    def adapter(self, rank: int) -> int:
        """Weights of a LoRA adapter on all linear layers."""
        return rank * self.sides


def base_size(folder: Path) -> BaseSize:
    """Measure the model in `folder`, which `models.base.locate` found sound."""
    config = _text_config(folder)
    vocabulary, hidden = int(config["vocab_size"]), _first(config, "hidden_size", "n_embd", "d_model")
    layers = _first(config, "num_hidden_layers", "n_layer", "num_layers")
    matrices = [shape for shape in _shapes(folder) if len(shape) >= 2 and vocabulary not in shape]
    heads = _first(config, "num_attention_heads", "n_head")
    kept = config.get("num_key_value_heads") or heads
    return BaseSize(
        layers_weights=sum(_product(shape) for shape in matrices),
        sides=sum(_product(shape[:-2]) * sum(shape[-2:]) for shape in matrices),
        head=vocabulary * hidden,
        bytes=sum(path.stat().st_size for path in folder.glob("*.safetensors")),
        layers=layers,
        hidden=hidden,
        vocabulary=vocabulary,
        cached=2 * layers * kept * (config.get("head_dim") or hidden // heads),
    )


def _text_config(folder: Path) -> dict[str, Any]:
    """The part of config.json on language; models that also see or hear nest it."""
    config = read_json(folder / "config.json")
    nested = config.get("text_config")
    return config | (nested if isinstance(nested, dict) else {})


def _first(config: dict[str, Any], *names: str) -> int:
    """What families call by different names."""
    return int(next(config[name] for name in names if name in config))


def _shapes(folder: Path) -> Iterator[list[int]]:
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="numpy") as weights:
            yield from (weights.get_slice(name).get_shape() for name in weights.keys())  # noqa: SIM118 (not a dict)


def _product(sides: list[int]) -> int:
    product = 1
    for side in sides:
        product *= side
    return product
