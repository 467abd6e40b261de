"""The end of a training: the best checkpoint's adapter, and the numbers."""

from typing import Any

from luthier.errors import WorkerFailed
from luthier.run_folder import RunFolder
from luthier.training import history
from luthier.training.adapter import publish
from luthier.training.checkpoints import complete_at
from luthier.training.trainer import Trainer


def publish_best(trainer: Trainer, run: RunFolder) -> dict[str, Any]:
    """Make the best checkpoint's adapter the run's (the last one's where nothing was validated).

    Returns {best_step, validation_loss, adapter_sha256}.
    """
    step, loss = history.best_look(trainer.state.log_history) or (trainer.state.global_step, None)
    best = complete_at(run.checkpoints, step)
    if best is None:
        raise WorkerFailed(
            f"the best checkpoint, step {step}, is torn or missing",
            "It was changed or removed after it was written.",
            "Start the run again: it goes on from an older checkpoint.",
            str(run.checkpoints),
        )
    return {"best_step": step, "validation_loss": loss, "adapter_sha256": publish(best.path, run.adapter)}


def summary(trainer: Trainer, began: int, seconds: float) -> dict[str, Any]:
    """Numbers of the whole training; speed and `seconds` are of this attempt, which began after step `began`."""
    log, step, parameters = trainer.state.log_history, trainer.state.global_step, trainer.tuned.parameters()
    return {
        "steps": step,
        "epochs": trainer.examples_until(step) / len(trainer.ids),
        "train_loss": history.last_train_loss(log),
        "tokens": trainer.tokens_until(step),
        "tokens_per_second": (trainer.tokens_until(step) - trainer.tokens_until(began)) / seconds if seconds else None,
        "trainable_parameters": sum(p.numel() for p in parameters if p.requires_grad),
        "seconds": seconds,
        "early_stopped": step < trainer.steps,
        "resumed_from": began or None,
        "samples_order_sha256": history.samples_seen(log),
    }
