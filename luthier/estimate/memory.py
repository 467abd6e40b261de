"""How much GPU memory a run needs: a first, simple rule."""

from luthier.estimate.pace import ANSWERED_AT_ONCE
from luthier.estimate.work import Work

ADAPTER_BYTES = 16
"""A trained weight: itself, its gradient and AdamW's two averages, float32 each."""

ACTIVATION_NUMBERS = 68
"""Numbers of 16 bit that a layer keeps of a token for the backward pass, per unit of the hidden width.

17 in Korthikanti et al. 2022 (Reducing Activation Recomputation, equation 2 without the scores: 34 bytes). LoRA's own
inputs, float32 norms and the like make it more: 43 kB a layer and token were measured on SmolLM2-135M, 38 of these
units; the rest is margin for families with wider inner layers.
"""

LOGITS_AT_ONCE = 512
"""Tokens, as the trainer's head takes them."""

RUNTIME_GB = 1.5
"""CUDA's context and libraries."""

FRAGMENTS = 1.1
"""Memory that the allocator holds and cannot use."""


def need_gb(work: Work) -> float:
    """GB (10⁹ bytes) for the worst of training and answering: weights, LoRA states, activations.

    Of a micro-batch only the longest row is counted where `training.micro_batch_tokens` is open: the worker cuts
    the rest to what is free. Not counted: gradient checkpointing, which needs less. Untried on a GPU.
    """
    base, element = work.base, work.element_bytes
    weights = (base.weights + work.adapter) * element
    activations = work.tokens_at_once * base.layers * base.hidden * ACTIVATION_NUMBERS * element / 2
    training = work.adapter * ADAPTER_BYTES + activations + LOGITS_AT_ONCE * base.vocabulary * 12
    answering = ANSWERED_AT_ONCE * base.cached * element
    return ((weights + max(training, answering)) / 1e9 + RUNTIME_GB) * FRAGMENTS
