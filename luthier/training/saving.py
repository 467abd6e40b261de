"""Publishing checkpoints of a running training."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from luthier.events import EventLog
from luthier.fence import check_fence
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.training import history
from luthier.training.adapter import write_adapter
from luthier.training.checkpoint_writer import rotate, write
from luthier.training.trainer import Trainer


@dataclass(frozen=True)
class Saver:
    """Writes a checkpoint of the trainer's step, then lets go of older ones."""

    run: RunFolder
    attempt: AttemptFolder
    log: EventLog
    fingerprint: dict[str, Any]

    def __call__(self, trainer: Trainer) -> None:
        """Raises AlreadyRunning when this attempt was superseded."""
        step, log = trainer.state.global_step, trainer.state.log_history
        best = history.best_look(log)
        best_step = best[0] if best else None
        loss = dict(history.looks(log)).get(step)
        about = {"validation_loss": loss, "best_step": best_step, "fingerprint": self.fingerprint}

        def fill(folder: Path) -> None:
            write_adapter(trainer.tuned, folder)
            trainer.write_state(folder)

        may_publish = partial(check_fence, self.run, self.attempt)
        path = write(self.run.checkpoints, step, self.attempt.number, fill, about, may_publish)
        rotate(self.run.checkpoints, trainer.plan.keep_checkpoints, best_step)
        self.log.write("checkpoint", step=step, path=str(path), validation_loss=loss)
