"""Losses by name are their formulas; the chunked head gives them with weights, and is trained where it should be."""

import pytest
import torch
from torch.nn.functional import cross_entropy, log_softmax
from training_runs import row, spec

from luthier.training import head
from luthier.training.dataset import as_dataset, encode_rows
from luthier.training.head import head_loss, head_surprises
from luthier.training.losses import surprise, token_loss
from luthier.training.plan import plan_of
from luthier.training.weighing import with_weights

LOGITS, TARGETS = torch.randn(9, 30, generator=torch.Generator().manual_seed(1)), torch.arange(9)


def kind(loss: str, **more):
    return token_loss(plan_of(spec(loss=loss, **more)))


def test_label_smoothing_shares_with_all_tokens():
    logs = log_softmax(LOGITS, dim=-1)
    right, others = -logs.gather(1, TARGETS[:, None])[:, 0], -logs.mean(dim=-1)
    smoothed = kind("label_smoothed", label_smoothing=0.2)
    torch.testing.assert_close(smoothed(LOGITS, TARGETS), 0.8 * right + 0.2 * others)


def test_focal_makes_easy_tokens_count_less():
    nll = surprise(LOGITS, TARGETS)
    torch.testing.assert_close(kind("focal", focal_gamma=2)(LOGITS, TARGETS), (1 - nll.neg().exp()) ** 2 * nll)
    torch.testing.assert_close(kind("focal", focal_gamma=0)(LOGITS, TARGETS), nll)


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2])
def test_focal_has_a_gradient_where_the_answer_is_certain(gamma):
    logits = torch.tensor([[200.0, 0.0], [1.0, 0.0]], requires_grad=True)
    kind("focal", focal_gamma=gamma)(logits, torch.tensor([0, 0])).sum().backward()
    assert logits.grad is not None and logits.grad[0].tolist() == [0, 0]
    assert logits.grad[1].isfinite().all() and logits.grad[1, 0] < 0


@pytest.mark.parametrize("loss", ["cross_entropy", "label_smoothed", "focal"])
def test_a_trained_head_gets_its_gradient_in_chunks(loss, monkeypatch):
    monkeypatch.setattr(head, "CHUNK", 4)
    torch.manual_seed(2)
    layer, hidden = torch.nn.Linear(6, 30), torch.randn(9, 6, requires_grad=True)
    weights = torch.rand(9)
    ours = 3 * head_loss(layer, hidden, TARGETS, kind(loss), weights)
    usual = 3 * (kind(loss)(layer(hidden), TARGETS) * weights).sum()
    torch.testing.assert_close(ours, usual)
    wanted = [hidden, layer.weight, layer.bias]
    for mine, theirs in zip(torch.autograd.grad(ours, wanted), torch.autograd.grad(usual, wanted), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_surprises_of_single_tokens(monkeypatch):
    monkeypatch.setattr(head, "CHUNK", 4)
    layer, hidden = torch.nn.Linear(6, 30), torch.randn(9, 6)
    expected = cross_entropy(layer(hidden), TARGETS, reduction="none")
    torch.testing.assert_close(head_surprises(layer, hidden, TARGETS), expected)


def test_rare_answers_weigh_more(tiny_model):
    """Three rows of one answer and one of another: each answer weighs as much in all."""
    from luthier.models.base import load_tokenizer

    rows = [row(8), row(8), row(8), row(1)]
    weighed = with_weights(as_dataset(encode_rows(rows, load_tokenizer(tiny_model), 512)))
    assert weighed["weight"] == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
