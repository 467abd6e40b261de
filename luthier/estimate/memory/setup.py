"""What decides how much memory a run needs, besides its base model."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

BackendName = Literal["cpu", "cuda", "mlx"]


class Batch(NamedTuple):
    """A batch of questions that is answered. Tokens: `shared` of a beginning that all have and that is read once,
    `prompt` of a question's own, `new` of an answer at most.
    """

    rows: int
    prompt: float
    new: int
    shared: float = 0


@dataclass(frozen=True)
class Setup:
    """element: bytes of a number in `dtype`, 2 or 4. tokens: of a micro-batch; longest: of a sequence that attention
    looks at; learned: of the micro-batch, those that the head works on. processes: over which weights, gradients and
    optimizer are spread.
    """

    method: Literal["lora", "qlora", "full"]
    element: int
    rank: int
    dropout: bool
    tokens: int
    longest: int
    learned: int
    packing: bool
    checkpointing: bool
    backend: BackendName
    processes: int = 1
    answering: tuple[Batch, ...] = ()

    @property
    def full(self) -> bool:
        return self.method == "full"

    @property
    def rounded(self) -> bool:
        """float32 weights are rounded for the arithmetic, and both are held."""
        return self.element == 2
