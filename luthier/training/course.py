"""The way of a training through its examples, known in full from the start."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from luthier.training.dataset import lengths, order, total_steps
from luthier.training.plan import Plan

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class Course:
    """rows: numbers of the examples in the order of training. ids: of each example. steps: of the optimizer."""

    rows: list[int]
    ids: list[str]
    lengths: list[int] = field(repr=False)
    """Tokens of the examples, in the order of training."""
    batch_size: int
    steps: int

    def examples_until(self, step: int) -> int:
        """Examples that were seen after `step` optimizer steps."""
        return min(step * self.batch_size, len(self.rows))

    def tokens_until(self, step: int) -> int:
        """Tokens that were seen after `step` optimizer steps."""
        return sum(self.lengths[: self.examples_until(step)])

    def rows_of(self, step: int) -> list[int]:
        """Numbers of the examples of an optimizer step, counted from 1."""
        return self.rows[self.examples_until(step - 1) : self.examples_until(step)]


def course(train: "Dataset", plan: Plan) -> Course:
    rows = order(len(train), plan)
    ids = train.data.column("id").to_pylist()
    return Course(rows, ids, lengths(train)[rows].tolist(), plan.batch_size, total_steps(len(train), plan))
