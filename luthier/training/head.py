"""The head on trained tokens only, a chunk at a time, so that the logits' memory is bounded."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy

CHUNK = 512
"""Tokens whose logits are held at once."""


Head = Callable[[torch.Tensor], torch.Tensor]
"""Makes logits (tokens, vocabulary) of hidden states (tokens, size); its weights are frozen."""


def head_loss(head: Head, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Sum of the negative log-likelihoods of `targets` (tokens,), in nats."""
    return _ChunkedLoss.apply(hidden, targets, head)


class _ChunkedLoss(torch.autograd.Function):
    """Takes each chunk's gradient right after its loss, while its logits are there; they are never kept.

    (The idea of Liger's fused linear cross-entropy, https://arxiv.org/abs/2410.10989, with torch's own kernels.)
    """

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, targets: torch.Tensor, head: Head) -> torch.Tensor:
        wanted = ctx.needs_input_grad[0]
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        gradients = []
        for part, answer in zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True):
            with torch.set_grad_enabled(wanted):
                part = part.detach().requires_grad_(wanted)
                loss = cross_entropy(head(part).float(), answer, reduction="sum")
            if wanted:
                gradients += torch.autograd.grad(loss, part)
            total += loss.detach()
        ctx.gradient = torch.cat(gradients) if gradients else None
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return ctx.gradient * grads[0], None, None
