"""The limit's formula on figures worked out by hand, and its count on a real model."""

import pytest

from benchmarks.limit import Weights, count, flops_per_token
from luthier.models.base import load_model


def test_work_of_a_token():
    """SmolLM2-135M, rank 16, 27.6 % of the tokens learned: 0.484 GFLOP; with the head on all of them 0.567."""
    weights = Weights(layers=106_168_320, lora=4_884_480, head=28_311_552)
    assert flops_per_token(weights, 0.276) == pytest.approx(0.484e9, rel=0.005)
    assert flops_per_token(weights, 1) == pytest.approx(0.567e9, rel=0.005)


def test_weights_that_multiply(tiny_model):
    """Two layers of width 64: queries and output 64 × 64, keys and values 64 × 32, three of 64 × 128."""
    weights = count(load_model(tiny_model, "float32"), rank=4)
    assert weights.layers == 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128)
    assert weights.lora == 2 * 4 * (2 * 128 + 2 * 96 + 3 * 192)
    assert weights.head == 64 * 259
