"""What a forward pass tells of the answers' tokens; asked for losses, it makes logits only as long as it needs them."""

from typing import Any, NamedTuple

import torch

from luthier.training.head import head_loss, head_surprises
from luthier.training.losses import TokenLoss, surprise
from luthier.training.packing import Packed, causal, hidden_states


class Hidden(NamedTuple):
    """Hidden states (tokens, size) of a packed micro-batch, and the head that reads them."""

    head: torch.nn.Module
    hidden: torch.Tensor
    targets: torch.Tensor

    def surprises(self) -> torch.Tensor:
        """(tokens,) negative log-likelihoods, in nats; without gradients."""
        return head_surprises(self.head, self.hidden, self.targets)

    def total(self, kind: TokenLoss, weights: torch.Tensor | None) -> torch.Tensor:
        """Sum of all losses times their weights (tokens,)."""
        return head_loss(self.head, self.hidden, self.targets, kind, weights)


class Logits(NamedTuple):
    """The same of one example, by the model's own forward pass: logits (tokens, vocabulary)."""

    logits: torch.Tensor
    targets: torch.Tensor

    def surprises(self) -> torch.Tensor:
        return surprise(self.logits.detach().float(), self.targets)

    def total(self, kind: TokenLoss, weights: torch.Tensor | None) -> torch.Tensor:
        losses = kind(self.logits.float(), self.targets)
        return (losses if weights is None else losses * weights).sum()


def read(model: Any, packed: Packed) -> Hidden | Logits:
    """model: a causal language model, or a PeftModel."""
    if packed.layout is None:
        logits = model(input_ids=packed.input_ids, use_cache=False).logits[0, packed.predicting]
        return Logits(logits, packed.targets)
    return Hidden(causal(model).get_output_embeddings(), hidden_states(model, packed), packed.targets)
