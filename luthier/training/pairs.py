"""Chosen and rejected answers as micro-batches, and how much the base prefers the one."""

from dataclasses import dataclass
from typing import Any

import torch

from luthier.training.packing import Packed, Packer


@dataclass(frozen=True)
class Pairs:
    """parts: all answers, chosen and rejected by turns, packed into one or each alone. rows: numbers of the examples.
    margins: (pairs,), by how many nats the base finds the chosen answer likelier than the rejected.
    """

    parts: tuple[Packed, ...]
    rows: tuple[int, ...]
    margins: torch.Tensor

    def to(self, device: torch.device, **_: Any) -> "Pairs":
        """A copy on the device, as accelerate asks for it."""
        return Pairs(tuple(part.to(device) for part in self.parts), self.rows, self.margins.to(device))

    @property
    def counts(self) -> list[int]:
        """Trained tokens of each answer."""
        return [count for part in self.parts for count in part.counts]

    @property
    def chosen_tokens(self) -> int:
        return sum(self.counts[::2])

    def sums(self, of_tokens: torch.Tensor) -> torch.Tensor:
        """(pairs, 2): sums over the tokens of each answer."""
        return torch.stack([part.sum() for part in of_tokens.split(self.counts)]).view(-1, 2)

    def margins_of(self, surprises: torch.Tensor) -> torch.Tensor:
        """(pairs,): log-likelihood of the chosen answer less that of the rejected, of negative log-likelihoods."""
        chosen, rejected = self.sums(surprises).unbind(dim=1)
        return rejected - chosen

    def of_tokens(self, of_answers: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What (pairs, 2) says of answers, for each trained token of each part."""
        counts = torch.tensor(self.counts, device=of_answers.device)
        each = of_answers.flatten().repeat_interleave(counts)
        return each.split([len(part.targets) for part in self.parts])


class PairPacker(Packer):
    """Makes Pairs of examples that also hold `rejected_ids`, `rejected_labels` and `margin`; a pair stays together."""

    def size(self, example: dict[str, Any]) -> int:
        return len(example["input_ids"]) + len(example["rejected_ids"])

    def join(self, examples: list[dict[str, Any]]) -> Pairs:
        answers = [answer for example in examples for answer in _both(example)]
        parts = (self.pack(answers),) if self.packing else tuple(self.pack([answer]) for answer in answers)
        rows = tuple(example["row"] for example in examples)
        return Pairs(parts, rows, torch.tensor([example["margin"] for example in examples], dtype=torch.float32))


def _both(example: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    rejected = {"input_ids": example["rejected_ids"], "labels": example["rejected_labels"]}
    return {key: example[key] for key in rejected}, rejected
