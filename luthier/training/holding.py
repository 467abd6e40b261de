"""How the processes of a training hold the model: each of them a copy, or all of them one together."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch

from luthier.training import processes

Work = Callable[[Any], Any]
"""What is done with the model; it gives losses, or numbers of them."""


class Holding(Protocol):
    averages: int
    """What the holding divides gradients by of its own accord."""

    def run(self, work: Work) -> Any:
        """What `work` gives of the model."""
        ...

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Add up over the processes what `work`'s losses left, where that is not done yet."""
        ...

    def rounds(self, pieces: int) -> int:
        """How many micro-batches to compute that has so many of its own."""
        ...

    def weights(self) -> dict[str, torch.Tensor] | None:
        """The trained weights, whole, for the process that leads; None where the model has them. All have to ask."""
        ...

    def states(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        """The optimizer's state_dict, whole, for the process that leads. All have to ask."""
        ...


class Copies:
    """Each process has the whole model; one that trains alone, too."""

    averages = 1

    def __init__(self, model: Any):
        self.model = model

    def run(self, work: Work) -> Any:
        return work(self.model)

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        processes.add_gradients(parameters)

    def rounds(self, pieces: int) -> int:
        return pieces

    def weights(self) -> None:
        return None

    def states(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        return optimizer.state_dict()
