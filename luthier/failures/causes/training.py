"""A training that went wrong by itself."""

from luthier.failures.cause import Cause, Change
from luthier.failures.changes import full_precision, named_limit, smaller_steps
from luthier.failures.evidence import Evidence


def _smaller_or_finer(seen: Evidence):
    """The first step has a tiny rate: where the loss is no number there already, the rate is not the reason."""
    return (full_precision(seen) if seen.says(r"at step 1\b") else []) or smaller_steps(seen)


TRAINING = (
    Cause(
        name="loss_not_finite",
        title="The training loss is no number any more",
        why="A step was so large that the weights overflowed; from there nothing can be learned.",
        fix="Take smaller steps: a third of the learning rate, or `preset: conservative`.",
        fits=lambda seen: seen.type == "LossNotFinite",
        change=_smaller_or_finer,
        proposes="a third of `training.learning_rate`, in a new run (at the first step, where the rate cannot be the "
        "reason, `training.dtype: float32` instead of bfloat16)",
    ),
    Cause(
        name="diverged",
        title="The training loss grows instead of falling",
        why="Each step overshoots, and the model forgets what it knew. It was stopped before more was spent on it.",
        fix="Take smaller steps: a third of the learning rate, or `preset: conservative`.",
        fits=lambda seen: seen.type == "TrainingDiverged",
        change=smaller_steps,
        proposes="a third of `training.learning_rate`, in a new run",
    ),
    Cause(
        name="context_too_long",
        title="Longer than the model's context",
        why="The spec asks for more tokens than the model can look at.",
        fix="Ask for no more than its context, or choose a base model with a longer one.",
        fits=lambda seen: (
            seen.type == "SpecError"
            and seen.where in ("training.max_length", "evaluation.max_new_tokens")
            and seen.says("context")
        ),
        change=named_limit,
        proposes="the longest that this model takes, in a new run",
    ),
    Cause(
        name="cannot_pack",
        title="The model cannot be trained on packed examples",
        why="`training.packing: true` was asked for, and packed examples get other losses from this model.",
        fix="Leave `training.packing` empty.",
        fits=lambda seen: seen.type == "SpecError" and seen.where == "training.packing",
        change=lambda _seen: [Change("training.packing", False, "each example is computed alone, slower")],
        proposes="`training.packing: false`, in a new run",
    ),
    Cause(
        name="foreign_checkpoint",
        title="The checkpoint belongs to another training",
        why="Base, data or training values are not those with which it was written.",
        fix="Put back what was changed, or start another run with `--again`.",
        fits=lambda seen: (
            seen.type == "WorkerFailed" and seen.says("cannot go on from this checkpoint|best checkpoint")
        ),
    ),
)
