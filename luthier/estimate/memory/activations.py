"""What the forward pass keeps for the backward pass: counted, on the models themselves, with autograd's hooks.

(torch.autograd.graph.saved_tensors_hooks; tests/luthier/estimate/test_activations.py counts them again.)
"""

from luthier.estimate.base_size import BaseSize
from luthier.estimate.memory.held import EXACT
from luthier.estimate.memory.setup import Setup

SHORT = 384
"""Tokens of a row up to which attention on a CPU is computed in float32 (training/attention.py)."""


def layer_bytes(base: BaseSize, setup: Setup) -> float:
    """Of one layer, per token of a micro-batch."""
    hidden, inner, element = base.hidden, base.inner, setup.element
    norms = 2 * hidden * EXACT * (3 if setup.full and not setup.rounded else 2 if setup.full else 1)
    feed_forward = 3 * inner * element  # gate, its activation, up
    return norms + _inputs(base, setup) + feed_forward + _attention(base, setup) + _adapter(base, setup)


def residual_bytes(base: BaseSize, setup: Setup) -> int:
    """What goes from layer to layer, per token: all that gradient checkpointing keeps of a layer."""
    return base.hidden * (EXACT if setup.full else setup.element)


def _inputs(base: BaseSize, setup: Setup) -> float:
    """Of the linear layers, or rather of the adapter beside them: a frozen matrix needs no input for its gradient."""
    each = base.inputs / base.layers
    shared = 2 * base.hidden + base.queries + base.inner
    if setup.full and not setup.rounded:
        return (base.queries + base.inner) * EXACT  # the norms' outputs are counted with the norms
    if setup.full:
        return each * setup.element  # each matrix has its own rounded input
    return (2 * each if setup.dropout else shared) * setup.element  # dropout: what is left, and the mask


def _attention(base: BaseSize, setup: Setup) -> float:
    """Queries, keys, values, output, and a float32 for each head."""
    queries, kept = base.queries, base.cached / base.layers
    sums = EXACT * base.heads
    if setup.backend != "cpu" or not setup.packing:
        return (queries + kept) * setup.element + sums
    exact = EXACT if setup.longest <= SHORT else setup.element
    return 4 * queries * exact + sums  # keys and values are repeated for every head


def _adapter(base: BaseSize, setup: Setup) -> float:
    return 0 if setup.full else base.matrices / base.layers * setup.rank * setup.element
