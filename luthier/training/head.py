"""The head on trained tokens only, a chunk at a time, so that the logits' memory is bounded."""

from typing import Any

import torch

from luthier.training.losses import TokenLoss, surprise

CHUNK = 512
"""Tokens whose logits are held at once."""


def head_loss(
    head: torch.nn.Module,
    hidden: torch.Tensor,
    targets: torch.Tensor,
    kind: TokenLoss = surprise,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Sum of the losses of `targets` (tokens,), each times its weight (tokens,), in nats.

    head: makes logits (tokens, vocabulary) of hidden states (tokens, size); it gets gradients where it is trained.
    """
    trained = [parameter for parameter in head.parameters() if parameter.requires_grad]
    return _ChunkedLoss.apply(head, kind, targets, weights, hidden, *trained)


@torch.no_grad()
def head_surprises(head: torch.nn.Module, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """(tokens,) negative log-likelihoods of `targets`, in nats; without gradients."""
    chunks = zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True)
    return torch.cat([surprise(head(part).float(), answer) for part, answer in chunks])


class _ChunkedLoss(torch.autograd.Function):
    """Takes each chunk's gradients right after its loss, while its logits are there; they are never kept.

    (The idea of Liger's fused linear cross-entropy, https://arxiv.org/abs/2410.10989, with torch's own kernels.)
    """

    @staticmethod
    def forward(
        ctx: Any, head: torch.nn.Module, kind: TokenLoss, targets: torch.Tensor, weights: torch.Tensor | None,
        hidden: torch.Tensor, *trained: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        wanted = any(ctx.needs_input_grad)
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        gradients, of_head = [], [torch.zeros_like(parameter) for parameter in trained]
        scales = weights.split(CHUNK) if weights is not None else [None] * len(targets.split(CHUNK))
        for part, answer, scale in zip(hidden.split(CHUNK), targets.split(CHUNK), scales, strict=True):
            with torch.set_grad_enabled(wanted):
                part = part.detach().requires_grad_(wanted)
                losses = kind(head(part).float(), answer)
                loss = (losses if scale is None else losses * scale).sum()
            if wanted:
                of_part, *more = torch.autograd.grad(loss, [part, *trained])
                gradients.append(of_part)
                of_head = [kept.add_(new) for kept, new in zip(of_head, more, strict=True)]
            total += loss.detach()
        ctx.gradients = [torch.cat(gradients) if gradients else None, *of_head]
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return (None, None, None, None, *(None if each is None else each * grads[0] for each in ctx.gradients))
