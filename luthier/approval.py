"""What a person has to say yes to before a run goes on: its data, and its cost above a limit."""

import math
import time
from datetime import UTC, datetime

from luthier import approval_record as record
from luthier.approval_record import About, Word
from luthier.compute.pods.runpod import open_provider
from luthier.errors import CostRejected, DataRejected, NotFound, ProviderRefused, ProviderUnavailable, WaitsForApproval
from luthier.estimate.estimate import Estimate
from luthier.estimate.words import lines
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.spec import BudgetSpec, RunSpec
from luthier.spec_file import load_spec
from luthier.storage import read_json


def check_data(run: Run) -> None:
    """Raises WaitsForApproval until somebody has approved the data that the spec wants approved; DataRejected when
    somebody has rejected them.
    """
    if not run.spec.data.approve:
        return
    word = record.last(run.folder, "data")
    if word is None or word["key"] != run.key("validate-data"):
        record.ask(run.folder, "data")
        why = f"data.approve is true. Look at {run.folder.page}"
        raise WaitsForApproval("the data waits for approval", why, how_to_approve(run.folder))
    if not word["approved"]:
        raise DataRejected(*_no(run.folder, word, "Mend the data"), "data.approve")


def check_cost(run: Run, found: Estimate) -> None:
    """Raises WaitsForApproval while nobody has approved what the run likely costs, CostRejected when somebody has
    said no.
    """
    word, usd = record.last(run.folder, "cost"), as_usd(found)
    if not needs_word(found, run.spec.budget) or covers(word, usd):
        return
    if word and not word["approved"]:
        raise CostRejected(*_no(run.folder, word, "Make it cheaper"), "budget.approve_above_usd")
    if usd is None and _is_refused():
        return  # nothing can be rented, and the first stage says why
    record.ask(run.folder, "cost", usd, list(lines(found, run.spec.budget, datetime.now(UTC))))
    why = why_asked(usd, run.spec.budget, word)
    raise WaitsForApproval("the cost waits for approval", why, how_to_approve(run.folder))


def _is_refused() -> bool:
    """Whether the provider would rent us nothing, whatever it costs: a wrong key."""
    try:
        open_provider().quote(None)
    except ProviderRefused:
        return True
    except ProviderUnavailable:
        pass
    return False


def needs_word(found: Estimate, budget: BudgetSpec) -> bool:
    """By the likely cost, as the warning: the high end is several times that until speeds were measured. The cap
    bounds what an approval can come to. A price that is not known needs a word too.
    """
    limit = budget.approve_above_usd
    return found.rented and limit is not None and (found.usd is None or found.usd.likely > limit)


def covers(word: Word | None, usd: dict[str, float] | None) -> bool:
    """Whether a word on the cost holds for this estimate: within its cap, or no higher than what was shown then."""
    if word is None or not word["approved"]:
        return False
    return usd is None or usd["likely"] <= max(word["cap_usd"], (word["usd"] or {}).get("likely", 0))


def waiting(run: Run, found: Estimate) -> list[About]:
    """What the run will wait for, as far as is known before it starts."""
    word = record.last(run.folder, "data")
    data = run.spec.data.approve and (word is None or word["key"] != run.key("validate-data"))
    cost = needs_word(found, run.spec.budget) and not covers(record.last(run.folder, "cost"), as_usd(found))
    waits: tuple[tuple[About, bool], ...] = (("data", data), ("cost", cost))
    return [about for about, does in waits if does]


def waits_in_words(run: Run, found: Estimate) -> str:
    """What `waiting` says, for people; empty where it waits for nobody."""
    known = {"data": "its data (data.approve)", "cost": "its cost (budget.approve_above_usd)"}
    what = " and ".join(known[about] for about in waiting(run, found))
    return f"It will wait until a person has approved {what}: luthier approve {run.folder.run_id}" if what else ""


def decide(run: RunFolder, about: About, approved: bool, by: str, note: str = "", cap_usd: float | None = None) -> Word:
    """Keep who decided what and when. A later word replaces an earlier one.

    cap_usd: the most that the run may cost; None: `suggested_cap`. Raises NotFound where there is nothing to decide:
    data are approved once they have passed the gate, and cost once it was estimated.
    """
    word: Word = {"about": about, "approved": approved, "by": by, "at": time.time(), "note": note}
    if about == "data":
        word["key"] = _found_data(run)
    else:
        usd = shown_cost(run)
        word |= {"cap_usd": suggested_cap(usd, budget_of(run)) if cap_usd is None else cap_usd, "usd": usd}
    record.say(run, word)
    return word


def shown_cost(run: RunFolder) -> dict[str, float] | None:
    """The estimate that was asked about, else the one that is kept. Raises NotFound where there is none."""
    asked = record.read(run)["asked"]
    if asked and asked["about"] == "cost":
        return asked["usd"]
    if not run.estimate.exists():
        raise NotFound(f"the cost of {run.run_id} has not been estimated", "", "See `luthier estimate SPEC`.")
    return read_json(run.estimate)["usd"]


def suggested_cap(usd: dict[str, float] | None, budget: BudgetSpec) -> float:
    """Dollars: the high end of the estimate, rounded up to two digits. Without a price, what the spec allows."""
    if usd is None:
        return budget.max_usd or budget.approve_above_usd or 0.0
    unit = 10.0 ** max(math.floor(math.log10(usd["high"])) - 1, -2) if usd["high"] > 0 else 1.0
    return round(math.ceil(round(usd["high"] / unit, 6)) * unit, 2)


def budget_of(run: RunFolder) -> BudgetSpec:
    return load_spec(run.spec).budget if run.spec.exists() else BudgetSpec()


def open_questions(run: RunFolder) -> list[About]:
    """What waits for a word by what is in the folder, whether the run has come to ask for it or not."""
    asked, spec = record.read(run)["asked"], load_spec(run.spec) if run.spec.exists() else None
    found: list[About] = [asked["about"]] if asked else []
    if spec and "data" not in found and _data_open(run, spec):
        found.insert(0, "data")
    if spec and "cost" not in found and _cost_open(run, spec):
        found.append("cost")
    return found


def _data_open(run: RunFolder, spec: RunSpec) -> bool:
    word = record.last(run, "data")
    return spec.data.approve and run.marker("validate-data").exists() and (not word or word["key"] != _found_data(run))


def _cost_open(run: RunFolder, spec: RunSpec) -> bool:
    """No word on a cost that needs one; who has said no is not asked again."""
    limit, kept = spec.budget.approve_above_usd, read_json(run.estimate) if run.estimate.exists() else None
    if limit is None or kept is None or not kept["rented"] or record.last(run, "cost"):
        return False
    return kept["usd"] is None or kept["usd"]["likely"] > limit


def _found_data(run: RunFolder) -> str:
    marker = run.marker("validate-data")
    if not marker.exists():
        raise NotFound(f"the data of {run.run_id} have not passed the checks", "", "See `luthier check SPEC`.")
    return read_json(marker)["key"]


def why_asked(usd: dict[str, float] | None, budget: BudgetSpec, word: Word | None) -> str:
    if usd is None:
        return "What it costs is not known, and budget.approve_above_usd is set"
    told = f"It likely costs ${usd['likely']:,.2f} (${usd['low']:,.2f} to ${usd['high']:,.2f})"
    if word and word["approved"]:
        return f"{told}, more than the ${word['cap_usd']:,.2f} that {word['by']} approved"
    return f"{told}, more than budget.approve_above_usd (${budget.approve_above_usd:,.2f})"


def how_to_approve(run: RunFolder) -> str:
    return f"luthier approve {run.run_id} (or --reject). A deployed run then goes on by itself; else start it again."


def as_usd(found: Estimate) -> dict[str, float] | None:
    return {"low": found.usd.low, "likely": found.usd.likely, "high": found.usd.high} if found.usd else None


def _no(run: RunFolder, word: Word, other: str) -> tuple[str, str, str]:
    """What, why and fix of a rejection."""
    note = f"The note: {word['note']}" if word["note"] else ""
    return f"the {word['about']} was rejected by {word['by']}", note, f"{other}, or: luthier approve {run.run_id}."
