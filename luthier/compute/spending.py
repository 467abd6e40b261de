"""What the run's pods have cost, and when they must not cost more."""

import time
from collections.abc import Iterator

from luthier.compute.pods.record import Records, cost_usd
from luthier.errors import OutOfTime, OverBudget
from luthier.events import Event
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec

TELL_EVERY_S = 15
TO_SAVE_S = 120
"""Kept back from the budget: what it takes to write a last checkpoint and to end the pod."""


TO_BE_OF_USE_S = 600
"""Another pod is not rented for less: it would hardly come up."""


class Spending:
    """Of one run, over all its pods."""

    def __init__(self, run: RunFolder, spec: RunSpec):
        self.records, self.budget, self.max_hours = Records(run), spec.budget, spec.compute.max_hours
        self.told_at, self.began = 0.0, time.time()

    def usd(self) -> float:
        return cost_usd(self.records.all(), time.time())

    def usd_per_hour(self) -> float:
        """What the pods cost now."""
        return sum(record.usd_per_hour or 0 for record in self.records.open())

    def usd_left(self) -> float | None:
        """What the budget leaves; None where there is no limit."""
        return None if self.budget.max_usd is None else self.budget.max_usd - self.usd()

    def kept_back(self) -> float:
        """Dollars without which it makes no sense to go on: to save, or for another pod to be of use."""
        now, before = self.usd_per_hour(), [record.usd_per_hour or 0.0 for record in self.records.all()]
        return (now * TO_SAVE_S if now else max(before, default=0.0) * TO_BE_OF_USE_S) / 3600

    def told(self) -> Iterator[Event]:
        """The event `cost`, every now and then."""
        if time.monotonic() - self.told_at > TELL_EVERY_S or not self.told_at:
            self.told_at = time.monotonic()
            yield {"kind": "cost", "time": time.time(), "usd": self.usd(), "usd_per_hour": self.usd_per_hour()}

    def check(self) -> None:
        """Raises OverBudget or OutOfTime where the run must not go on."""
        left = self.usd_left()
        if left is not None and left <= self.kept_back():
            raise OverBudget(
                f"the run's pods have cost ${self.usd():.2f}, and budget.max_usd is ${self.budget.max_usd:.2f}",
                "Going on would exceed it. What was saved is in the storage.",
                "Raise budget.max_usd and start the run again: it continues from its newest checkpoint.",
                "budget.max_usd",
            )
        first = min((record.asked_at for record in self.records.all()), default=self.began)
        if time.time() - first > self.max_hours * 3600:
            raise OutOfTime(
                f"the run has had pods for more than {self.max_hours:g} hours",
                "That is longer than compute.max_hours allows. What was saved is in the storage.",
                "Raise it and start the run again: it continues from its newest checkpoint.",
                "compute.max_hours",
            )
