"""What a token of an answer costs, by the name that `training.loss` gives it."""

from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from luthier.training.plan import Plan

TokenLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Of float32 logits (tokens, vocabulary) and targets (tokens,): a loss for each token, (tokens,), in nats."""


def surprise(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood, the cross-entropy with the one right token."""
    return cross_entropy(logits, targets, reduction="none")


def token_loss(plan: Plan) -> TokenLoss:
    """Looks at validation rows are always of `surprise`, so that trainings can be compared."""
    if plan.loss == "label_smoothed":
        return _smoothed(plan.label_smoothing)
    if plan.loss == "focal":
        return _focal(plan.focal_gamma)
    return surprise


def _smoothed(share: float) -> TokenLoss:
    """`share` of the target's probability goes to all tokens alike (Szegedy et al. 2016, section 7)."""
    return lambda logits, targets: cross_entropy(logits, targets, reduction="none", label_smoothing=share)


def _focal(gamma: float) -> TokenLoss:
    """(1 - p)^gamma times the surprise, p being the target's probability (Lin et al. 2017, equation 4).

    1 - p is kept above 0, where a gamma below 1 has no finite gradient.
    """

    def focal(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        nll = surprise(logits, targets)
        return (-torch.expm1(-nll)).clamp_min(1e-30) ** gamma * nll

    return focal
