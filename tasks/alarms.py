"""What people are told while a run works: that a worker died and the work goes on, and what it costs."""

import time

from prefect import get_run_logger

from luthier.errors import OverBudget
from luthier.estimate.estimate import Estimate
from luthier.events import Event
from luthier.history import interruptions
from luthier.run import Run
from luthier.stages import JOBS
from luthier.storage import read_json
from tasks.tell import tell

QUIET_S = 1800
"""At most one message about interruptions a stage and half hour; the next one counts them all."""

LEVELS = (80, 95, 120)
"""Per cent of the estimate whose crossing is told, each once."""


_known: set[tuple[str, str, object]] = set()
"""What this process has looked at: (run, stage, attempt) and (run, "cost", level)."""


def alarm(run: Run, stage: str, event: Event) -> None:
    """Look at one event of a stage and tell people where it matters to them."""
    try:
        if event["kind"] == "progress" and _first(run, stage, event.get("attempt")):
            _went_on(run, stage, event)
        if event["kind"] == "cost":
            _cost(run, event["usd"])
    except Exception as error:  # as in tell: the work goes on
        get_run_logger().warning("an alarm could not be looked at: %s", error)


def out_of_money(run: Run, error: BaseException | None) -> None:
    """Tell that a stage, or the estimate, ended for `budget.max_usd`."""
    if isinstance(error, OverBudget):
        tell(run, "cost", f"budget {run.spec.budget.max_usd}", f"{error.what}. {error.why}", error.fix)


def expensive(run: Run, found: Estimate) -> None:
    """Tell before the first dollar that it will likely be more than `budget.warn_above_usd`."""
    above = run.spec.budget.warn_above_usd
    if found.rented and found.usd and above is not None and found.usd.likely > above:
        text = f"The run likely costs ${found.usd.likely:,.2f}, more than budget.warn_above_usd (${above:,.2f})."
        at_most = {"at_most": f"${found.usd.high:,.2f}", "machine": found.machine}
        tell(run, "cost", f"warn {above}", text, "Cancel it, or let it go on.", **at_most)


def _went_on(run: Run, stage: str, event: Event) -> None:
    """The first progress of an attempt: where others of the stage died before it, the work goes on by itself."""
    found = interruptions(run.folder)
    deaths = [each for each in found if each["stage"] == JOBS.get(stage) and each["attempt"] < event["attempt"]]
    if not deaths:
        return
    times = "once" if len(deaths) == 1 else f"{len(deaths)} times"
    unit = event.get("unit", "")
    text = (
        f"{stage} was interrupted {times} so far and goes on by itself, at {event['done']} of {event['total']} {unit}"
    )
    tell(run, "interrupted", f"{stage} {time.time() // QUIET_S:.0f}", f"{text.strip()}.", cause=deaths[-1]["cause"])


def _cost(run: Run, usd: float) -> None:
    told = read_json(run.folder.estimate)["usd"] if run.folder.estimate.exists() else None
    if not told or not told["likely"]:
        return
    reached = [level for level in LEVELS if usd >= told["likely"] * level / 100]
    if reached and _first(run, "cost", reached[-1]):
        text = (
            f"The run has cost ${usd:,.2f}, {usd / told['likely']:.0%} of what was estimated (${told['likely']:,.2f})."
        )
        tell(run, "cost", f"{reached[-1]} %", text)


def _first(run: Run, what: str, which: object) -> bool:
    key = (str(run.folder.root), what, which)
    fresh = key not in _known
    _known.add(key)
    return fresh
