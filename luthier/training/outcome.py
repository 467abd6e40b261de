"""The end of a training: the best checkpoint's weights, and the numbers."""

from typing import Any

from luthier.errors import WorkerFailed
from luthier.models.weights import publish
from luthier.run_folder import RunFolder
from luthier.training import history
from luthier.training.checkpoints import complete_at
from luthier.training.port import Training


def publish_best(training: Training, run: RunFolder) -> dict[str, Any]:
    """Make the best checkpoint's weights the run's (the last one's where nothing was validated).

    Returns {best_step, validation_loss, adapter_sha256}.
    """
    step, loss = history.best_look(training.log_history) or (training.step, None)
    best = complete_at(run.checkpoints, step)
    if best is None:
        raise WorkerFailed(
            f"the best checkpoint, step {step}, is torn or missing",
            "It was changed or removed after it was written.",
            "Start the run again: it goes on from an older checkpoint.",
            str(run.checkpoints),
        )
    if training.plan.method == "full":  # a model is used without its base, and so with a tokenizer of its own
        training.tokenizer.save_pretrained(run.adapter)
    sha256 = publish(best.path, run.adapter, training.plan.dtype)
    return {"best_step": step, "validation_loss": loss, "adapter_sha256": sha256}


def summary(training: Training, began: int, seconds: float) -> dict[str, Any]:
    """Numbers of the whole training; speed and `seconds` are of this attempt, which began after step `began`."""
    log, step, course = training.log_history, training.step, training.course
    seen = course.tokens_until(step)
    return {
        "engine": training.engine,
        "steps": step,
        "epochs": course.examples_until(step) / len(course.ids),
        "train_loss": history.last_train_loss(log),
        "tokens": seen,
        "tokens_per_second": (seen - course.tokens_until(began)) / seconds if seconds else None,
        "trainable_parameters": training.trainable,
        "seconds": seconds,
        "early_stopped": step < course.steps,
        "resumed_from": began or None,
        "samples_order_sha256": history.samples_seen(log),
    }
