"""Peak memory of a run, term by term."""

from dataclasses import dataclass

from luthier.estimate.base_size import BaseSize
from luthier.estimate.memory.activations import layer_bytes, residual_bytes
from luthier.estimate.memory.backends import BACKENDS, MAPPED
from luthier.estimate.memory.held import AVERAGES, EXACT, rounded_bytes, trained, weight_bytes
from luthier.estimate.memory.setup import Batch, Setup

CHUNK = 512
"""Tokens whose logits the training's head makes at once (training/head.py)."""

LOGITS = 12
"""Bytes of a logit: its log-probability and two gradients, float32 each."""

CLONED = 1 / 3
"""Of the holes: with a quantised base PEFT copies its product, a fourth passing result beside three."""

TABLES = 3
"""Gradients of the head that are there at once: their sum, that of a chunk, and what goes on from there."""


@dataclass(frozen=True)
class Need:
    """parts: bytes of each term at the moment of the peak. doing: what is done then."""

    doing: str
    parts: dict[str, float]

    @property
    def bytes(self) -> float:
        return sum(self.parts.values())

    @property
    def gb(self) -> float:
        """10⁹ bytes."""
        return self.bytes / 1e9


def need(base: BaseSize, setup: Setup) -> Need:
    """The worst of training and answering, which are processes of their own."""
    answering = (answering_need(base, setup, batch) for batch in setup.answering)
    return max((training_need(base, setup), *answering), key=lambda each: each.bytes)


def training_need(base: BaseSize, setup: Setup) -> Need:
    """At the end of the forward pass or at the beginning of the backward pass, whichever is more."""
    weights, shares = trained(base, setup), setup.processes
    kept = layer_bytes(base, setup) * setup.tokens
    at_once = kept if setup.checkpointing else 0  # one layer is computed again at a time
    through = base.layers * (residual_bytes(base, setup) * setup.tokens if setup.checkpointing else kept)
    parts = {
        "weights": weight_bytes(base, setup) / shares,
        "adapter": 0 if setup.full else weights * EXACT / shares,
        "gradients": weights * EXACT / shares,
        "optimizer": weights * AVERAGES / shares,
        "rounded weights": rounded_bytes(base, setup) / shares,
        "activations": through,
        "logits or a layer's gradients": max(_logits(base, setup), at_once + _backward(base, setup)),
        "a whole layer": base.layers_weights / base.layers * EXACT if shares > 1 else 0,
    }
    return _with_backend("training", parts, setup, _holes(base, setup))


def answering_need(base: BaseSize, setup: Setup, batch: Batch) -> Need:
    """While a batch of questions is read, whose keys and values are kept."""
    places = batch.rows * (batch.shared + batch.prompt + batch.new)
    parts = {
        "weights": weight_bytes(base, setup, trains=False),
        "adapter": 0 if setup.full else base.adapter(setup.rank) * EXACT,
        "keys and values": places * base.cached * setup.element,
        "activations": batch.rows * batch.prompt * 3 * (base.inner + base.hidden) * setup.element,
        "logits": batch.rows * base.vocabulary * (setup.element + EXACT),
    }
    return _with_backend("answering", parts, setup, BACKENDS[setup.backend].grown * parts["keys and values"])


def _logits(base: BaseSize, setup: Setup) -> float:
    tables = TABLES * base.head * EXACT if setup.full else 0
    if setup.packing:
        return min(CHUNK, setup.learned) * base.vocabulary * LOGITS + tables
    everything = (setup.tokens + setup.learned) * setup.element  # the model's own forward pass makes all of them
    return max(everything, setup.learned * LOGITS) * base.vocabulary + tables / TABLES


def _backward(base: BaseSize, setup: Setup) -> float:
    """Gradients of the widest part of a layer; a quantised matrix as it is multiplied."""
    matrix = base.largest * setup.element if setup.method == "qlora" else 0
    return (3 * base.inner + 2 * base.hidden) * setup.element * setup.tokens + matrix


def _with_backend(doing: str, parts: dict[str, float], setup: Setup, holes: float) -> Need:
    """With the runtime's own memory, and what the allocator loses."""
    backend = BACKENDS[setup.backend]
    parts = parts | {
        "allocator": backend.lost * sum(parts.values()) + holes,
        "imports": backend.imports,
        "runtime": backend.runtime + (backend.quantiser if setup.method == "qlora" else 0),
    }
    return Need(doing, {name: value for name, value in parts.items() if value})


def _holes(base: BaseSize, setup: Setup) -> float:
    """What a forward pass leaves between the tensors that stay."""
    if setup.tokens * base.inner * setup.element > MAPPED:
        return 0
    passing = base.outputs * setup.tokens * setup.element
    return BACKENDS[setup.backend].holes * passing * (1 + CLONED * (setup.method == "qlora"))
