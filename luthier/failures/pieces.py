"""Less memory for the very same steps: how a training that does not fit is cut into smaller pieces."""

from luthier.failures.cause import Change
from luthier.spec import TrainingSpec

SLOWER = "computes activations again instead of keeping them; slower by about a third"


def smaller_pieces(training: TrainingSpec, longest: int) -> Change | None:
    """The next value to try; None where nothing is left that changes no step.

    Half as many tokens at once, of those that one step can hold; no fewer than the longest row, which is never cut;
    after that activations are computed twice. Where nothing was settled yet, the weights themselves did not fit.
    longest: tokens of that row.
    """
    if training.micro_batch_tokens is None:
        return None
    at_once = min(training.micro_batch_tokens, longest * (training.batch_size or training.micro_batch_tokens))
    cut_by_tokens = training.packing is not False or training.engine == "mlx"  # else each example is by itself
    if cut_by_tokens and at_once > longest:
        return Change("training.micro_batch_tokens", max(at_once // 2, longest), "half as many tokens at once")
    if not training.gradient_checkpointing:
        return Change("training.gradient_checkpointing", True, SLOWER)
    return None


def changed(training: TrainingSpec, change: Change) -> TrainingSpec:
    return training.model_copy(update={change.key.removeprefix("training."): change.value})
