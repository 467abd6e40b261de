"""The optimizer that the other engine uses too, so that its state can go from one to the other."""

import math

import mlx.core as mx

from luthier.models.mlx.layers import as_float

BETAS, EPSILON = (0.9, 0.999), 1e-8
MOST_NORM = 1.0
"""Gradients whose norm is higher are scaled down to it."""

Arrays = dict[str, mx.array]
"""By the path of a weight."""


class Adam:
    """Adam with bias correction (Kingma and Ba 2015, algorithm 1), which is AdamW where nothing decays.

    means, squares: running averages of each gradient and of its square.
    """

    def __init__(self, weights: Arrays):
        self.means = {name: mx.zeros_like(weight) for name, weight in weights.items()}
        self.squares = {name: mx.zeros_like(weight) for name, weight in weights.items()}

    def updated(self, weights: Arrays, gradients: Arrays, rate: float, step: int) -> Arrays:
        """The weights after `step`, counted from 1."""
        (first, second), new = BETAS, {}
        size, root = rate / (1 - first**step), math.sqrt(1 - second**step)
        for name, gradient in gradients.items():
            self.means[name] = first * self.means[name] + (1 - first) * gradient
            self.squares[name] = second * self.squares[name] + (1 - second) * gradient * gradient
            new[name] = weights[name] - size * self.means[name] / (mx.sqrt(self.squares[name]) / root + EPSILON)
        mx.eval(new, self.means, self.squares)
        return new


def norm(gradients: Arrays) -> float:
    squares = mx.stack([mx.square(gradient).sum() for gradient in gradients.values()])
    return as_float(mx.sqrt(squares.sum()))


def clipped(gradients: Arrays, norm: float) -> Arrays:
    """As torch's clip_grad_norm_ does it."""
    factor = min(1.0, MOST_NORM / (norm + 1e-6))
    return {name: factor * gradient for name, gradient in gradients.items()}
