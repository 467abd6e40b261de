"""Does the training loss grow instead of falling? Told early, as what follows costs money and teaches nothing."""

from collections import deque
from statistics import median

from luthier.errors import LossNotFinite, TrainingDiverged

STEPS = 20
"""So many losses in a row are looked at, by their median: spikes that the training recovers from do not count."""

FACTOR, MORE = 1.5, 1.5
"""Diverged: FACTOR times the best, and MORE nats. Ordinary trainings stay far below, whatever their batches hold."""

LEAST_BEST, LEAST_FIRST = 0.5, 2.0
"""Nats that are taken for the best where it is lower still, and for the loss of step 1, which one batch decides."""

FIX = "Lower training.learning_rate (a third of it, say), or take preset: conservative."


class Divergence:
    """Give it the loss of every step, in order; of a resumed training those before, too."""

    def __init__(self, losses: list[float]):
        self.recent: deque[float] = deque(maxlen=STEPS)
        self.best = float("inf")
        for loss in losses:
            self.grows(loss)

    def grows(self, loss: float) -> bool:
        """Whether the median of the last STEPS losses is far above the lowest such median, and above step 1."""
        if not self.recent:
            self.best = max(loss, LEAST_FIRST)
        self.recent.append(loss)
        if len(self.recent) < STEPS:
            return False
        middle = median(self.recent)
        self.best = min(self.best, max(middle, LEAST_BEST))
        return middle > self.limit

    @property
    def limit(self) -> float:
        return FACTOR * self.best + MORE


def no_number(step: int) -> LossNotFinite:
    what = f"the training diverged at step {step}: its loss is no number any more"
    return LossNotFinite(what, "The steps were too large.", FIX, "training.learning_rate")


def diverged(step: int, found: Divergence) -> TrainingDiverged:
    now, best = median(found.recent), found.best
    return TrainingDiverged(
        f"the training diverges: at step {step} its loss is {now:.3g}, and was {best:.3g} at best",
        f"For {STEPS} steps it has been more than {FACTOR:g} times that, and {MORE:g} nats.",
        FIX,
        "training.learning_rate",
    )
