"""What a token of an answer costs, by the name that `training.loss` gives it; see `training.losses`."""

import mlx.core as mx

from luthier.models.mlx.reading import TokenLoss, surprise
from luthier.training.plan import Plan


def token_loss(plan: Plan) -> TokenLoss:
    if plan.loss == "label_smoothed":
        return _smoothed(plan.label_smoothing)
    if plan.loss == "focal":
        return _focal(plan.focal_gamma)
    return surprise


def _smoothed(share: float) -> TokenLoss:
    def smoothed(logits: mx.array, targets: mx.array) -> mx.array:
        of_all = mx.logsumexp(logits, axis=-1) - logits.mean(axis=-1)
        return (1 - share) * surprise(logits, targets) + share * of_all

    return smoothed


def _focal(gamma: float) -> TokenLoss:
    def focal(logits: mx.array, targets: mx.array) -> mx.array:
        nll = surprise(logits, targets)
        return mx.maximum(-mx.expm1(-nll), 1e-30) ** gamma * nll

    return focal
