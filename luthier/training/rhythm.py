"""When a training looks at its validation rows, and when it saves."""

from time import monotonic

from luthier.training.plan import Plan


class Rhythm:
    """Every so many steps, and at the last: a look, then a checkpoint.

    Where that takes too long, checkpoints without a look come in between, by the clock: they draw no random
    number and leave the log as it is, so the training is the same with and without them.
    """

    def __init__(self, plan: Plan):
        self.plan, self.saved_at = plan, monotonic()

    def looks(self, step: int, last: int) -> bool:
        return step % self.plan.checkpoint_every == 0 or step == last

    def saves(self, step: int, last: int) -> bool:
        return self.looks(step, last) or self._overdue()

    def saved(self) -> None:
        """To be called after each checkpoint."""
        self.saved_at = monotonic()

    def _overdue(self) -> bool:
        minutes = self.plan.checkpoint_minutes
        return minutes is not None and monotonic() - self.saved_at >= 60 * minutes
