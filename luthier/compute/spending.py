"""What the run's pods have cost, and when they must not cost more."""

import time
from collections.abc import Iterator

from luthier import approval_record
from luthier.compute.pods.record import Records, cost_usd
from luthier.errors import LuthierError, OutOfTime, OverBudget, WaitsForApproval
from luthier.events import Event
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import read_json

TELL_EVERY_S = 15
TO_SAVE_S = 120
"""Kept back from the budget: what it takes to write a last checkpoint and to end the pod."""


TO_BE_OF_USE_S = 600
"""Another pod is not rented for less: it would hardly come up."""


class Spending:
    """Of one run, over all its pods."""

    def __init__(self, run: RunFolder, spec: RunSpec):
        self.run, self.records, self.budget, self.max_hours = run, Records(run), spec.budget, spec.compute.max_hours
        self.told_at, self.began = 0.0, time.time()

    def usd(self) -> float:
        return cost_usd(self.records.all(), time.time())

    def usd_per_hour(self) -> float:
        """What the pods cost now."""
        return sum(record.usd_per_hour or 0 for record in self.records.open())

    def limits(self) -> dict[str, float]:
        """In dollars, by what set them; read anew each time, as a person may give another word meanwhile.

        The cap of an approval, or what needs one: nobody's run passes `budget.approve_above_usd` by surprise.
        """
        word = approval_record.last(self.run, "cost")
        approved = word["cap_usd"] if word and word["approved"] else None
        found = {
            "budget.max_usd": self.budget.max_usd,
            "approval": approved,
            "budget.approve_above_usd": self.budget.approve_above_usd if approved is None else None,
        }
        return {name: usd for name, usd in found.items() if usd is not None}

    def usd_left(self) -> float | None:
        """What the lowest limit leaves; None where there is no limit."""
        limits = self.limits()
        return min(limits.values()) - self.usd() if limits else None

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
        """Raises OverBudget, WaitsForApproval or OutOfTime where the run must not go on."""
        limits = self.limits()
        name = min(limits, key=lambda each: limits[each], default=None)
        if name is not None and limits[name] - self.usd() <= self.kept_back():
            raise self._too_dear(name, limits[name])
        first = min((record.asked_at for record in self.records.all()), default=self.began)
        if time.time() - first > self.max_hours * 3600:
            raise OutOfTime(
                f"the run has had pods for more than {self.max_hours:g} hours",
                "That is longer than compute.max_hours allows. What was saved is in the storage.",
                "Raise it and start the run again: it continues from its newest checkpoint.",
                "compute.max_hours",
            )

    def _too_dear(self, name: str, limit: float) -> LuthierError:
        cost, saved = f"the run's pods have cost ${self.usd():.2f}", "What was saved is in the storage."
        approve = f"luthier approve {self.run.run_id} --cap USD"
        if name == "budget.max_usd":
            fix = "Raise budget.max_usd and start the run again: it continues from its newest checkpoint."
            why = f"Going on would exceed it. {saved}"
            return OverBudget(f"{cost}, and budget.max_usd is ${limit:.2f}", why, fix, name)
        if name == "approval":
            word = approval_record.last(self.run, "cost") or {}
            fix = f"{approve} with a higher cap, and start the run again: it continues from its newest checkpoint."
            what = f"{cost}, and {word.get('by')} approved up to ${limit:.2f}"
            return OverBudget(what, f"Going on would exceed it. {saved}", fix, "approval")
        usd = read_json(self.run.estimate)["usd"] if self.run.estimate.exists() else None
        approval_record.ask(self.run, "cost", usd)
        fix = f"{approve} (or --reject). A deployed run then goes on by itself; else start it again."
        return WaitsForApproval(f"{cost}, and above ${limit:.2f} a person has to approve it", saved, fix, name)
