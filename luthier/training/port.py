"""What an engine's trainer shows of itself, so that saving, telling and ending are the same for all."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from luthier.training.course import Course
from luthier.training.history import Log
from luthier.training.plan import Plan

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Training(Protocol):
    """A training between two steps."""

    plan: Plan
    course: Course
    tokenizer: "PreTrainedTokenizerBase"

    @property
    def engine(self) -> Literal["trl", "mlx"]: ...

    @property
    def step(self) -> int:
        """Optimizer steps taken so far."""
        ...

    @property
    def log_history(self) -> Log:
        """What `history` reads."""
        ...

    @property
    def trainable(self) -> int:
        """Weights that are trained."""
        ...

    def write_checkpoint(self, folder: Path) -> None:
        """The weights in one of the forms of `models.weights`, and the engine's files of checkpoints.STATES."""
        ...
