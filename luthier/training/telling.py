"""What a training tells of itself while it runs, and when it must not go on."""

import math
from typing import Any

from luthier.events import EventLog
from luthier.training import history
from luthier.training.divergence import Divergence, diverged, no_number
from luthier.training.history import Log


class Telling:
    """Writes metrics and progress as events, and refuses to go on when the loss is no number, or grows and grows."""

    def __init__(self, log: EventLog):
        self.log = log
        self.divergence = Divergence([])

    def begin(self, before: Log) -> None:
        """before: what the training logged in earlier attempts."""
        self.divergence = Divergence([entry["loss"] for entry in before if "loss" in entry])

    def tell(self, entry: dict[str, Any], step: int, last: int) -> None:
        """Of a look or a step; other entries say nothing. Raises LossNotFinite, TrainingDiverged."""
        if "eval_loss" in entry:
            told = {"validation_loss": entry["eval_loss"], "perplexity": entry["eval_perplexity"]}
            if "eval_preferred" in entry:  # share of the pairs whose chosen answer gained on the rejected
                told["preferred"] = entry["eval_preferred"]
            self.log.write("metrics", step=step, **told)
        elif "loss" in entry:
            self._tell_step(entry, step, last)

    def early_stop(self, step: int, log: Log) -> None:
        best = history.best_look(log)
        self.log.write("early_stop", step=step, best_step=best and best[0])

    def _tell_step(self, entry: dict[str, Any], step: int, last: int) -> None:
        loss = entry["loss"]
        if not (math.isfinite(loss) and math.isfinite(entry["grad_norm"])):
            raise no_number(step)
        self.log.write(
            "metrics", step=step, train_loss=loss, learning_rate=entry["learning_rate"], grad_norm=entry["grad_norm"]
        )
        self.log.write("progress", done=step, total=last, unit="step", text=f"loss {loss:.3f}")
        if self.divergence.grows(loss):
            raise diverged(step, self.divergence)
