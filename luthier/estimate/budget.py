"""The estimate against the spec's budget."""

from luthier.errors import OverBudget
from luthier.estimate.estimate import Estimate
from luthier.spec import BudgetSpec


def over_budget(found: Estimate, budget: BudgetSpec) -> OverBudget | None:
    """The error to raise before anything is rented, when even the low end costs more than `budget.max_usd`."""
    if found.usd is None or budget.max_usd is None or found.usd.low <= budget.max_usd:
        return None
    return OverBudget(
        f"the run would cost more than ${budget.max_usd:,.2f}",
        f"It is estimated at ${found.usd.low:,.2f} to ${found.usd.high:,.2f} on {found.machine}.",
        "Raise budget.max_usd, take a cheaper compute.gpu, or train for fewer steps.",
        "budget.max_usd",
    )


def budget_warnings(found: Estimate, budget: BudgetSpec) -> list[str]:
    """What a person should know before the run starts, one sentence each."""
    if not found.rented:
        return []
    if found.usd is None:
        limited = budget.max_usd is not None
        return ["What it will cost is not known" + ("; budget.max_usd still ends it in time." if limited else ".")]
    told = []
    if budget.max_usd is not None and found.usd.low <= budget.max_usd < found.usd.high:
        told.append(f"It may reach budget.max_usd (${budget.max_usd:,.2f}) and end there, with a checkpoint written.")
    if budget.warn_above_usd is not None and found.usd.likely > budget.warn_above_usd:
        told.append(f"It likely costs ${found.usd.likely:,.2f}, more than budget.warn_above_usd.")
    return told
