"""The chunked head gives the loss and the gradient of all logits at once."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from luthier.training import head
from luthier.training.head import head_loss


@pytest.mark.parametrize("tokens", [1, 7, 8, 9, 30])
def test_chunks_change_nothing(monkeypatch, tokens):
    monkeypatch.setattr(head, "CHUNK", 8)
    torch.manual_seed(tokens)
    layer = torch.nn.Linear(6, 50, bias=False).requires_grad_(False)
    hidden, targets = torch.randn(tokens, 6, requires_grad=True), torch.randint(50, (tokens,))
    ours, usual = head_loss(layer, hidden, targets), cross_entropy(layer(hidden), targets, reduction="sum")
    torch.testing.assert_close(ours, usual)
    (mine,) = torch.autograd.grad(3 * ours, hidden)
    torch.testing.assert_close(mine, 3 * torch.autograd.grad(usual, hidden)[0])


def test_without_gradients_none_are_made():
    layer, hidden = torch.nn.Linear(6, 50, bias=False), torch.randn(4, 6)
    with torch.no_grad():
        assert not head_loss(layer, hidden, torch.zeros(4, dtype=torch.int64)).requires_grad
