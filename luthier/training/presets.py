"""Presets, and every training value that the spec leaves open."""

import os
from dataclasses import dataclass
from typing import Any

from luthier.errors import SpecError
from luthier.spec import RunSpec, TrainingSpec
from luthier.training.hardware import fast_dtype


@dataclass(frozen=True)
class Preset:
    use: str
    risk: str
    rank: int
    learning_rate: float
    epochs: float


PRESETS = {
    "conservative": Preset(
        "Changes tone or format and keeps what the model knows", "May learn too little", 8, 1e-4, 2
    ),
    "balanced": Preset("The usual choice for a few hundred to some ten thousand rows", "Little", 16, 2e-4, 3),
    "aggressive": Preset(
        "Learns a narrow task by heart, with much data", "Forgets most of what it could do before", 32, 3e-4, 4
    ),
}  # fmt: skip

RENTED_DTYPE = ("bfloat16", "rented GPUs of the last years compute bfloat16 natively")

MAX_LENGTH = 1024
BATCH_SIZE = 8

Choice = tuple[Any, str]
"""A value and why it was chosen."""


def resolve(spec: RunSpec, context: int) -> RunSpec:
    """The spec with the open values of `training` filled, but for those that only the model itself can tell.

    Values that the user set stay. context: tokens the model can look at.
    Raises SpecError when a value cannot work with this model or with another value.
    """
    chosen = {key: value for key, (value, _) in _choices(spec, context).items()}
    threads = spec.compute.threads or os.cpu_count()  # another number of threads adds in another order
    return spec.model_copy(
        update={
            "training": spec.training.model_copy(update=chosen),
            "compute": spec.compute.model_copy(update={"threads": threads}),
        }
    )


def reasons(spec: RunSpec, context: int) -> dict[str, str]:
    """Why `resolve` chooses what it chooses, by key of `training`."""
    return {key: reason for key, (_, reason) in _choices(spec, context).items()}


def _choices(spec: RunSpec, context: int) -> dict[str, Choice]:
    """The choice for each key that the user left open."""
    training = spec.training
    dtype = fast_dtype() if spec.compute.provider == "local" else RENTED_DTYPE
    choices = _from_preset(training) | _fixed() | {"dtype": dtype}
    rank = training.rank or choices["rank"][0]
    choices["alpha"] = (2 * rank, "twice the rank, so that the rank can change and the learning rate stay")
    limit = max_length(training, context)
    choices["max_length"] = (limit, f"the model looks at {context} tokens; {MAX_LENGTH} is enough for most rows")
    choices["engine"] = ("trl", "the engine for CPUs and NVIDIA GPUs")
    return {key: choice for key, choice in choices.items() if getattr(training, key) in (None, "auto")}


def _from_preset(training: TrainingSpec) -> dict[str, Choice]:
    preset, reason = PRESETS[training.preset], f"preset {training.preset}"
    return {key: (getattr(preset, key), reason) for key in ("rank", "learning_rate", "epochs")}


def _fixed() -> dict[str, Choice]:
    return {
        "warmup_ratio": (0.05, "a short climb, so that the first steps do not upset the fresh optimizer"),
        "schedule": ("cosine", "falls to zero, so that the last steps settle"),
        "dropout": (0.0, "early stopping guards against learning by heart; drawing masks would cost a sixth of a step"),
        "batch_size": (BATCH_SIZE, "small data is learned better by many small steps"),
        "patience": (3, "three looks without a better validation loss are more than noise"),
    }


def max_length(training: TrainingSpec, context: int) -> int:
    """Tokens of an example, at most. Raises SpecError when the spec asks for more than the model's context."""
    if training.max_length and training.max_length > context:
        raise SpecError(
            f"{training.max_length} tokens are more than the model's context of {context}",
            "The model cannot look that far back.",
            f"Set it to {context} or less, or choose a model with a longer context.",
            "training.max_length",
        )
    return training.max_length or min(MAX_LENGTH, context)
