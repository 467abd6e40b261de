"""Publishing checkpoints of a running training."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from luthier.events import EventLog
from luthier.fence import check_fence
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.training import history
from luthier.training.checkpoint_writer import rotate, write
from luthier.training.port import Training


@dataclass(frozen=True)
class Saver:
    """Writes a checkpoint of the training's step, then lets go of older ones."""

    run: RunFolder
    attempt: AttemptFolder
    log: EventLog
    fingerprint: dict[str, Any]

    def __call__(self, training: Training) -> None:
        """Raises AlreadyRunning when this attempt was superseded."""
        step, log = training.step, training.log_history
        best = history.best_look(log)
        best_step = best[0] if best else None
        loss = dict(history.looks(log)).get(step)
        about: dict[str, Any] = {"validation_loss": loss, "best_step": best_step, "engine": training.engine}
        about |= {"fingerprint": self.fingerprint}
        may_publish = partial(check_fence, self.run, self.attempt)
        path = write(self.run.checkpoints, step, self.attempt.number, training.write_checkpoint, about, may_publish)
        rotate(self.run.checkpoints, training.plan.keep_checkpoints, best_step)
        self.log.write("checkpoint", step=step, path=str(path), validation_loss=loss)
