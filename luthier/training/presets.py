"""Presets, and every training value that the spec leaves open."""

import os
from dataclasses import dataclass
from typing import Any

from luthier.errors import SpecError
from luthier.models.engines import has_mlx, is_apple_silicon
from luthier.spec import RunSpec, TrainingSpec
from luthier.training.hardware import fast_dtype


@dataclass(frozen=True)
class Preset:
    """learning_rate, epochs: of an adapter that learns from answers; other ways of learning take their part of it."""

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

FULL_RATE = 0.1
"""Full fine-tuning's learning rate, as a part of an adapter's: an adapter's best one is about ten times as high, over
models and data sets (Schulman et al. 2025, LoRA Without Regret; Biderman et al. 2024, LoRA Learns Less and Forgets
Less)."""

DPO_RATE, DPO_EPOCHS = 0.025, 1
"""Learning from preferences: balanced comes to 5e-6 with an adapter and to 5e-7 in full, as Zephyr was trained
(Tunstall et al. 2023, and its published QLoRA recipe). Longer, it learns single pairs by heart."""

RENTED_DTYPE = ("bfloat16", "rented GPUs of the last years compute bfloat16 natively")

MAC_DTYPE = ("bfloat16", "the GPUs of Macs compute it, and it takes half the memory")
MLX_DTYPE = ("float32", "off a Mac, MLX gains nothing by fewer digits")

MAX_LENGTH = 1024
BATCH_SIZE = 8

Choice = tuple[Any, str]
"""A value and why it was chosen."""


def resolve(spec: RunSpec, context: int, paired: bool = False) -> RunSpec:
    """The spec with the open values of `training` filled, but for those that only the model itself can tell.

    Values that the user set stay. context: tokens the model can look at. paired: each row has a rejected answer.
    Raises SpecError when a value cannot work with this model or with another value.
    """
    chosen = {key: value for key, (value, _) in _choices(spec, context, paired).items()}
    threads = spec.compute.threads or os.cpu_count()  # another number of threads adds in another order
    return spec.model_copy(
        update={
            "training": spec.training.model_copy(update=chosen),
            "compute": spec.compute.model_copy(update={"threads": threads}),
        }
    )


def reasons(spec: RunSpec, context: int, paired: bool = False) -> dict[str, str]:
    """Why `resolve` chooses what it chooses, by key of `training`."""
    return {key: reason for key, (_, reason) in _choices(spec, context, paired).items()}


def _choices(spec: RunSpec, context: int, paired: bool) -> dict[str, Choice]:
    """The choice for each key that the user left open."""
    training = spec.training
    choices = {"loss": _loss(training, paired)} | _fixed()
    loss = choices["loss"][0] if training.loss == "auto" else training.loss
    choices["engine"] = _engine(spec, loss)
    engine = choices["engine"][0] if training.engine == "auto" else training.engine
    choices["dtype"] = _dtype(engine, spec.compute.provider)
    choices |= _from_preset(training, loss) | _adapter(training)
    limit = max_length(training, context)
    choices["max_length"] = (limit, f"the model looks at {context} tokens; {MAX_LENGTH} is enough for most rows")
    return {key: choice for key, choice in choices.items() if getattr(training, key) in (None, "auto")}


def _loss(training: TrainingSpec, paired: bool) -> Choice:
    """Raises SpecError when preferences are to be learned of data that has none."""
    if training.loss == "dpo" and not paired:
        raise SpecError(
            "there is nothing to prefer",
            "loss: dpo learns from a chosen and a rejected answer in each row, and the data holds answers alone.",
            "Bring preference data (prompt, chosen, rejected), or leave training.loss empty.",
            "training.loss",
        )
    return ("dpo", "each row has a rejected answer") if paired else ("cross_entropy", "rows hold answers to learn")


def _engine(spec: RunSpec, loss: str) -> Choice:
    """Raises SpecError when mlx is asked for and cannot do it."""
    here, together = spec.compute.provider == "local", (spec.compute.processes or 1) > 1
    if spec.training.engine == "mlx":
        _check_mlx(loss, here, together)
    if here and is_apple_silicon() and has_mlx() and loss != "dpo" and not together:
        return "mlx", "Apple's own library uses the GPU of this Mac best"
    return "trl", "the engine for CPUs and NVIDIA GPUs"


def _check_mlx(loss: str, here: bool, together: bool) -> None:
    if loss == "dpo":
        raise SpecError(
            "MLX learns from answers, not from preferences",
            "loss: dpo is done by the other engine alone.",
            "Set training.engine: trl, or training.loss: cross_entropy.",
            "training.loss",
        )
    if together:
        what, fix = "MLX trains in one process", "Leave it empty, or set training.engine: trl."
        raise SpecError(what, "A Mac has one GPU.", fix, "compute.processes")
    if here and not has_mlx():
        what, fix = "mlx-lm is not installed", "Install luthier[mlx], or set training.engine: trl."
        raise SpecError(what, "training.engine: mlx trains with it.", fix, "training.engine")


def _dtype(engine: str, provider: str) -> Choice:
    if provider != "local":
        return RENTED_DTYPE
    if engine == "mlx":
        return MAC_DTYPE if is_apple_silicon() else MLX_DTYPE
    return fast_dtype()


def _from_preset(training: TrainingSpec, loss: str) -> dict[str, Choice]:
    preset, why = PRESETS[training.preset], f"preset {training.preset}"
    rate, of_rate, epochs = preset.learning_rate, why, (preset.epochs, why)
    if training.method == "full":
        rate, of_rate = rate * FULL_RATE, f"{of_rate}; a tenth of an adapter's, as every weight moves"
    if loss == "dpo":
        rate, of_rate = rate * DPO_RATE, f"{of_rate}; far less for preferences, which are learned by small steps"
        epochs = (DPO_EPOCHS, "pairs are learned by heart in more passes")
    return {"learning_rate": (float(f"{rate:.3g}"), of_rate), "epochs": epochs}


def _adapter(training: TrainingSpec) -> dict[str, Choice]:
    """Rank and scale. Raises SpecError when they are set and no adapter is trained."""
    if training.method != "full":
        rank = (PRESETS[training.preset].rank, f"preset {training.preset}")
        alpha = (
            2 * (training.rank or rank[0]),
            "twice the rank, so that the rank can change and the learning rate stay",
        )
        return {"rank": rank, "alpha": alpha}
    for key in ("rank", "alpha"):
        if getattr(training, key):
            what, why = f"method: full has no {key}", "It trains every weight, and no adapter."
            raise SpecError(what, why, "Leave it empty, or set training.method: lora.", f"training.{key}")
    return {}


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
