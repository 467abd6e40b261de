"""How big a base model is, read from its config and the headers of its weight files; no weight is loaded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from luthier.storage import read_json


@dataclass(frozen=True)
class BaseSize:
    """Numbers of weights, and widths. Experts of which only some are used count as if all were.

    layers_weights: of the layers' matrices; largest: of the largest of them; matrices: how many there are. inputs,
    outputs: sums of the one and the other side of all of them. head: of the output head. embedding: of the input's
    table, 0 where it is the head. bytes: of all weight files.
    """

    layers_weights: int
    largest: int
    matrices: int
    inputs: int
    outputs: int
    head: int
    embedding: int
    bytes: int
    layers: int
    hidden: int
    inner: int
    """Width of a layer's feed-forward part, as far as a token goes through it."""
    heads: int
    queries: int
    """Width of all heads together."""
    vocabulary: int
    cached: int
    """Numbers that attention keeps of each token while it answers, all layers."""

    @property
    def weights(self) -> int:
        """Those that multiply."""
        return self.layers_weights + self.head

    def adapter(self, rank: int) -> int:
        """Weights of a LoRA adapter on all linear layers."""
        return rank * (self.inputs + self.outputs)


def base_size(folder: Path) -> BaseSize:
    """Measure the model in `folder`, which `models.base.locate` found sound."""
    config = _text_config(read_json(folder / "config.json"))
    bytes_ = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    shapes = [shape for shape in _shapes(folder) if len(shape) >= 2]
    tables = sum(1 for shape in shapes if config["vocab_size"] in shape)
    return _size(config, [shape for shape in shapes if config["vocab_size"] not in shape], tables > 1, bytes_)


def size_of(config: dict[str, Any]) -> BaseSize:
    """The same of a Llama-like architecture whose weights are not at hand, by its config; bytes as in bfloat16."""
    hidden, inner, heads = (config[name] for name in ("hidden_size", "intermediate_size", "num_attention_heads"))
    queries, kept = heads * _head(config), config.get("num_key_value_heads", heads) * _head(config)
    of_layer = [[queries, hidden], [kept, hidden], [kept, hidden], [hidden, queries]]
    of_layer += [[inner, hidden], [inner, hidden], [hidden, inner]]
    shapes, untied = of_layer * config["num_hidden_layers"], not config.get("tie_word_embeddings", False)
    tables = (2 if untied else 1) * config["vocab_size"] * hidden
    return _size(config, shapes, untied, 2 * (sum(map(prod, shapes)) + tables))


def _size(config: dict[str, Any], matrices: list[list[int]], untied: bool, bytes_: int) -> BaseSize:
    vocabulary, hidden = int(config["vocab_size"]), _first(config, "hidden_size", "n_embd", "d_model")
    layers = _first(config, "num_hidden_layers", "n_layer", "num_layers")
    heads = _first(config, "num_attention_heads", "n_head")
    kept = config.get("num_key_value_heads") or heads
    return BaseSize(
        layers_weights=sum(map(prod, matrices)),
        largest=max((prod(shape[-2:]) for shape in matrices), default=0),
        matrices=sum(prod(shape[:-2]) for shape in matrices),
        inputs=_sides(matrices, -1),
        outputs=_sides(matrices, -2),
        head=vocabulary * hidden,
        embedding=vocabulary * hidden if untied else 0,
        bytes=bytes_,
        layers=layers,
        hidden=hidden,
        inner=_inner(config, hidden),
        heads=heads,
        queries=heads * _head(config),
        vocabulary=vocabulary,
        cached=2 * layers * kept * _head(config),
    )


def _sides(matrices: Iterable[list[int]], side: int) -> int:
    return sum(prod(shape[:-2]) * shape[side] for shape in matrices)


def _inner(config: dict[str, Any], hidden: int) -> int:
    experts = config.get("num_experts_per_tok") or 1
    width = config.get("moe_intermediate_size") if experts > 1 else None
    return experts * int(width or config.get("intermediate_size") or config.get("n_inner") or 4 * hidden)


def _head(config: dict[str, Any]) -> int:
    hidden, heads = _first(config, "hidden_size", "n_embd", "d_model"), _first(config, "num_attention_heads", "n_head")
    return config.get("head_dim") or hidden // heads


def _text_config(config: dict[str, Any]) -> dict[str, Any]:
    """The part of config.json on language; models that also see or hear nest it."""
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
