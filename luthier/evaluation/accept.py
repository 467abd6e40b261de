"""The thresholds that the spec fixed before training: reached or missed."""

from typing import Any

from luthier.spec import ACCEPT_PATTERN

NEXT_STEPS = {
    "perplexity": "Train longer or with a higher rank (training.epochs, training.rank), or bring more training rows.",
    "answers": "Read the worst examples and add training rows like them, or try a larger base.",
}


def judge(accept: dict[str, str], base: dict[str, float | None], tuned: dict[str, float | None]) -> dict[str, Any]:
    """{name: {wanted, got, met, next_step}} for each threshold; `base` and `tuned` hold the mean of each metric.

    "-30%" and "+10%": relative change at least so far; "-0.5" and "+0.02": absolute change; ">=0.5" and "<=4.0": the
    level of the tuned model. `got` is the number that was compared; `met` is None when it was not measured.
    """
    return {name: _judge(name, wanted, base.get(name), tuned.get(name)) for name, wanted in accept.items()}


def _judge(name: str, wanted: str, base: float | None, tuned: float | None) -> dict[str, Any]:
    match = ACCEPT_PATTERN.match(wanted)
    if match is None:
        raise ValueError(f"the spec let {wanted!r} through")
    sign, percent = match["sign"], bool(match["percent"])
    number = float(match["number"]) / (100 if percent else 1)
    got = _got(sign, percent, base, tuned)
    if got is None:
        return {"wanted": wanted, "got": None, "met": None, "next_step": ""}
    # 0.3 - 0.1 is a little less than 0.2: rounding must not decide
    met = {
        "+": got >= number - 1e-9,
        ">=": got >= number - 1e-9,
        "-": got <= -number + 1e-9,
        "<=": got <= number + 1e-9,
    }[sign]
    step = "" if met else NEXT_STEPS.get(name, NEXT_STEPS["answers"])
    return {"wanted": wanted, "got": got, "met": met, "next_step": step}


def _got(sign: str, percent: bool, base: float | None, tuned: float | None) -> float | None:
    if tuned is None:
        return None
    if sign in (">=", "<="):
        return tuned
    if base is None or (percent and base == 0):
        return None
    return tuned / base - 1 if percent else tuned - base
