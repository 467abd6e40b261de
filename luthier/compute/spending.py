"""What the run's pods have cost, and when they must not cost more."""

import time
from collections.abc import Iterator

from luthier.compute.pods.record import cost_usd, records
from luthier.errors import OverBudget
from luthier.events import Event
from luthier.run_folder import RunFolder
from luthier.spec import BudgetSpec

TELL_EVERY_S = 15
TO_SAVE_S = 120
"""Kept back from the budget: what it takes to write a last checkpoint and to end the pod."""


class Spending:
    def __init__(self, run: RunFolder, budget: BudgetSpec):
        self.run, self.budget = run, budget
        self.told_at = 0.0

    def usd(self) -> float:
        """Of all pods of the run, until now."""
        return cost_usd(records(self.run), time.time())

    def usd_per_hour(self) -> float:
        return sum(record.usd_per_hour or 0 for record in records(self.run) if record.ended_at is None)

    def told(self) -> Iterator[Event]:
        """The event `cost`, every now and then."""
        if time.monotonic() - self.told_at > TELL_EVERY_S or not self.told_at:
            self.told_at = time.monotonic()
            yield {"kind": "cost", "time": time.time(), "usd": self.usd(), "usd_per_hour": self.usd_per_hour()}

    def used_up(self) -> bool:
        """Whether the budget leaves just enough to save and stop."""
        limit = self.budget.max_usd
        return limit is not None and self.usd() + self.usd_per_hour() * TO_SAVE_S / 3600 >= limit

    def check(self) -> None:
        """Raises OverBudget where it is used up."""
        if self.used_up():
            raise OverBudget(
                f"the run's pods have cost ${self.usd():.2f}, and budget.max_usd is ${self.budget.max_usd:.2f}",
                "Going on would exceed it. What was saved is in the storage, and no pod is left.",
                "Raise budget.max_usd and start the run again: it continues from its newest checkpoint.",
                "budget.max_usd",
            )
