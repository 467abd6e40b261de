"""Weights, and what an optimizer holds of those that are trained."""

from luthier.estimate.base_size import BaseSize
from luthier.estimate.memory.setup import Setup

NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
"""Of a weight: itself, and its share of the 8-bit scale of 64 weights, whose own scale in float32 256 of them share
(Dettmers et al. 2023, QLoRA, section 3, double quantisation)."""

EXACT = 4
"""Bytes of a float32."""

AVERAGES = 8
"""AdamW's two, float32 each."""


def weight_bytes(base: BaseSize, setup: Setup, trains: bool = True) -> float:
    """The base as its method holds it; what is not in the layers' matrices is not quantised.

    trains: full fine-tuning holds float32 as long as it trains.
    """
    tables, element = base.head + base.embedding, EXACT if setup.full and trains else setup.element
    in_layers = base.layers_weights * (NF4_BITS / 8 if setup.method == "qlora" else element)
    return in_layers + tables * element


def trained(base: BaseSize, setup: Setup) -> int:
    """Weights that are trained, float32 each."""
    return base.layers_weights + base.head + base.embedding if setup.full else base.adapter(setup.rank)


def rounded_bytes(base: BaseSize, setup: Setup) -> float:
    """Copies of float32 weights in bfloat16, held from the forward pass until the backward pass has used them."""
    if not setup.rounded:
        return 0
    return 2 * (base.weights if setup.full else base.adapter(setup.rank))
