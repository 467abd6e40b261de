"""Values that `luthier retry` proposes, computed from the spec and from what happened."""

import re
from math import floor, log10

from luthier.failures.cause import Change, Propose
from luthier.failures.evidence import Evidence
from luthier.failures.pieces import smaller_pieces
from luthier.run_folder import RunFolder
from luthier.spec import TrainingSpec
from luthier.storage import read_json

SHORTEST = 128
"""Tokens of an example below which little is left to learn from."""


def less_memory(seen: Evidence) -> list[Change]:
    """What costs nothing but time first: smaller pieces of the same steps; then shorter examples. Nothing of that helps
    where the weights did not fit, before anything was settled."""
    if seen.spec is None or seen.spec.training.micro_batch_tokens is None:
        return []
    training = seen.spec.training
    longest = longest_row(seen.run, training)
    if smaller := smaller_pieces(training, longest):
        return [smaller]
    if longest >= 2 * SHORTEST:
        return [Change("training.max_length", longest // 2, "the longest row is the least that must fit")]
    return []


def longest_row(run: RunFolder, training: TrainingSpec) -> int:
    """Tokens of the longest example after the cut; 1 where neither is known."""
    found = read_json(run.validation)["tokens"]["max"] if run.validation.exists() else None
    return min(filter(None, (found, training.max_length)), default=1)


def smaller_weights(seen: Evidence) -> list[Change]:
    """Only where nothing was trained yet: another dtype is another training."""
    if seen.spec is None or seen.stage != "baseline-eval" or seen.spec.training.dtype == "bfloat16":
        return []
    return [Change("training.dtype", "bfloat16", "halves what the weights take")]


def smaller_steps(seen: Evidence) -> list[Change]:
    rate = seen.spec and seen.spec.training.learning_rate
    if not rate:
        return []
    return [Change("training.learning_rate", _rounded(rate / 3), "a third of the steps' size")]


def full_precision(seen: Evidence) -> list[Change]:
    if seen.spec is None or seen.spec.training.dtype != "bfloat16":
        return []
    return [Change("training.dtype", "float32", "holds larger and smaller numbers apart than bfloat16")]


def named_limit(seen: Evidence) -> list[Change]:
    """What the message names as the most that works."""
    found = re.search(r"Set it to (\d+) or less", seen.text)
    return [Change(seen.where, int(found[1]), "the most that this model takes")] if found else []


def always(key: str, value: object, reason: str) -> Propose:
    return lambda _seen: [Change(key, value, reason)]


def more_hours(seen: Evidence) -> list[Change]:
    hours = seen.spec.compute.max_hours if seen.spec else 0
    return [Change("compute.max_hours", 2 * hours, "twice the time, counted from the first pod")] if hours else []


def more_money(seen: Evidence) -> list[Change]:
    """What the estimate says at most, on top of what was spent."""
    low = seen.spec.budget.max_usd if seen.spec else None
    if low is None or seen.where != "budget.max_usd":  # the cap of an approval is another one's word
        return []
    amounts = [float(text) for text in re.findall(r"\$(\d+(?:\.\d+)?)", seen.text.replace(",", ""))]
    usd = (read_json(seen.run.estimate)["usd"] or {}).get("high", 0) if seen.run.estimate.exists() else 0
    enough = max(2 * low, low + usd, *amounts)
    return [Change("budget.max_usd", floor(enough * 100 + 1) / 100, "covers the estimate's high end")]


def other_purchase(seen: Evidence) -> list[Change]:
    """A way to rent that is left."""
    if seen.spec is None or seen.spec.compute.purchase == "spot_then_on_demand":
        return []
    return [Change("compute.purchase", "spot_then_on_demand", "whichever kind is to be had")]


def on_demand(seen: Evidence) -> list[Change]:
    if seen.spec is None or seen.spec.compute.purchase == "on_demand":
        return []
    return [Change("compute.purchase", "on_demand", "a machine that is not taken away; dearer")]


def set_aside(seen: Evidence) -> list[Change]:
    """Faulty rows into quarantine, where they are few enough."""
    if seen.spec is None or seen.spec.data.on_bad_rows == "quarantine" or not seen.run.validation.exists():
        return []
    found = read_json(seen.run.validation)
    share = found["quarantined"] / max(1, found["read"] - found["blank"])
    if not 0 < share <= seen.spec.data.max_quarantined:
        return []
    return [Change("data.on_bad_rows", "quarantine", f"{found['quarantined']:,} faulty rows are left out, and listed")]


def _rounded(value: float) -> float:
    """Two significant digits."""
    return round(value, 1 - floor(log10(value)))
