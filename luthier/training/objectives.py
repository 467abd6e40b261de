"""What a training minimises: losses of the answers' tokens, or preferences between two answers.

An objective knows the loss of a micro-batch, and what its mean is taken over; the trainer only adds up.
"""

from typing import Any, Protocol

import torch
from torch.nn.functional import logsigmoid

from luthier.training.history import perplexity
from luthier.training.losses import surprise, token_loss
from luthier.training.packing import Packed
from luthier.training.pairs import Pairs
from luthier.training.plan import Plan
from luthier.training.readout import read


class Objective(Protocol):
    def weight(self, micro_batch: Any) -> float:
        """What the micro-batch counts for in the mean of an optimizer step."""
        ...

    def loss(self, model: Any, micro_batch: Any) -> torch.Tensor:
        """Sum of the losses, with gradients."""
        ...

    def tally(self, model: Any, micro_batch: Any) -> list[float]:
        """Sums over the rows of a micro-batch, which `look` makes means of; to be called without gradients."""
        ...

    def look(self, sums: list[float]) -> dict[str, float]:
        """{eval_loss, eval_perplexity} of validation rows, and perhaps more, of the tallies added up."""
        ...


class Answers:
    """The answers' tokens. A look gives the mean surprise over all of them, in nats, whatever loss is trained."""

    def __init__(self, plan: Plan):
        self.kind = token_loss(plan)

    def weight(self, packed: Packed) -> float:
        return len(packed.targets) if packed.weights is None else packed.weights.sum().item()

    def loss(self, model: Any, packed: Packed) -> torch.Tensor:
        return read(model, packed).total(self.kind, packed.weights)

    def tally(self, model: Any, packed: Packed) -> list[float]:
        """Surprise, tokens."""
        return [read(model, packed).total(surprise, None).item(), len(packed.targets)]

    def look(self, sums: list[float]) -> dict[str, float]:
        total, tokens = sums
        return {"eval_loss": total / tokens, "eval_perplexity": perplexity(total, tokens)}


class Preferences:
    """The chosen answer rather than the rejected, by how much more than the base prefers it.

    Rafailov et al. 2023 (Direct Preference Optimization), equation 7: -log σ(β (margin - margin of the base)), a
    margin being the log-likelihood of the chosen answer less that of the rejected. A look gives the mean loss over
    the pairs, the share that is preferred rightly, and the perplexity of the chosen answers.
    """

    def __init__(self, plan: Plan):
        self.beta = plan.dpo_beta

    def weight(self, pairs: Pairs) -> float:
        return len(pairs.margins)

    def loss(self, model: Any, pairs: Pairs) -> torch.Tensor:
        """The losses are summed from surprises without gradients; the gradient of a pair's loss is then that of its
        tokens' surprises, times one number for each of its two answers.
        """
        readouts = [read(model, part) for part in pairs.parts]
        gains = self._gains(pairs, torch.cat([readout.surprises() for readout in readouts]))
        pull = self.beta * torch.sigmoid(-gains)
        weights = pairs.of_tokens(torch.stack([pull, -pull], dim=1))
        parts = zip(readouts, weights, strict=True)
        surrogate = torch.stack([readout.total(surprise, weight) for readout, weight in parts]).sum()
        return surrogate - surrogate.detach() - logsigmoid(gains).sum()

    def tally(self, model: Any, pairs: Pairs) -> list[float]:
        """Loss, pairs preferred rightly, pairs; surprise and tokens of the chosen answers."""
        surprises = torch.cat([read(model, part).surprises() for part in pairs.parts])
        gains = self._gains(pairs, surprises)
        loss, right = -logsigmoid(gains).sum().item(), (gains > 0).sum().item()
        return [loss, right, len(pairs.margins), pairs.sums(surprises)[:, 0].sum().item(), pairs.chosen_tokens]

    def look(self, sums: list[float]) -> dict[str, float]:
        loss, right, pairs, nll, tokens = sums
        shares = {"eval_preferred": right / pairs, "eval_perplexity": perplexity(nll, tokens)}
        return {"eval_loss": loss / pairs, **shares}

    def _gains(self, pairs: Pairs, surprises: torch.Tensor) -> torch.Tensor:
        """(pairs,) β times what the margins have grown by."""
        return self.beta * (pairs.margins_of(surprises) - pairs.margins)


def objective(plan: Plan) -> Objective:
    return Preferences(plan) if plan.loss == "dpo" else Answers(plan)
