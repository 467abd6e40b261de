"""The first page: the findings in words for someone who does not train models."""

from typing import Any, NamedTuple

from luthier.reporting.numbers import (
    MISSING,
    amount,
    count,
    interval,
    interval_words,
    metric_name,
    number,
    percent,
    seconds,
)

Report = dict[str, Any]

HEADLINES = {"improved": "Improved", "not_shown": "Not shown", "worse": "Worse"}

MEANINGS = {
    "improved": "On questions kept away from training, the tuned model answers measurably closer to your reference "
    "answers than the base model does. The difference is larger than chance would explain.",
    "not_shown": "On questions kept away from training, no difference between the tuned model and the base could be "
    "shown that chance would not explain. That is no proof that there is none.",
    "worse": "On questions kept away from training, the tuned model answers measurably further from your reference "
    "answers than the base model does. It should not replace it.",
}


class Figure(NamedTuple):
    label: str
    value: str
    detail: str


def figures(report: Report) -> list[Figure]:
    """The four numbers that matter, each with what it means."""
    return [_primary(report), _perplexity(report), _wins(report), _price(report)]


def few_shot(report: Report) -> str:
    """What could have been had without training."""
    free, primary = report["few_shot"], report["verdict"]["primary_metric"]
    if not free["measured"]:
        return f"The base with examples in its prompt was not measured: {free['reason']}."
    best = f"{_examples(free['shots'])} in its prompt, the base model reaches {metric_name(primary)}"
    start = f"With {best} {number(free['metrics'].get(primary))}, at no training cost."
    change = report["versus_few_shot"].get(primary)
    if change is None or change.get("ci_low") is None:
        return start
    if change["ci_low"] > 0:
        return f"{start} The tuned model is {interval_words(change)} than that, so training was worth more."
    if change["ci_high"] < 0:
        return f"{start} That beats the tuned model, which is {interval_words(change)}: use the prompt instead."
    return f"{start} The tuned model could not be told apart from that ({interval(change)}): a prompt may be enough."


def limits(report: Report) -> list[str]:
    """What this report does not show."""
    primary = report["verdict"]["primary_metric"]
    found = [
        f"{metric_name(primary)} compares wording with the reference answers. It does not judge whether an answer is "
        "true, safe or polite: read the examples.",
        f"{count(report['test_examples'])} test questions were asked, drawn from the same data as the training rows. "
        + _power(report, primary),
        f"One training run with one seed ({report['training'].get('seed')}). Another seed would give somewhat "
        "different numbers; the intervals speak of the test questions only.",
        f"Other abilities of the model: {MISSING}. {report['retention']['reason']}",
    ]
    description = report["lineage"].get("base_description") or report["lineage"]["base_model"]
    if "4-bit" in description or "dequantised" in description:
        found.append(f"The base is {description}. It may be weaker than the original weights, and gains larger.")
    if truncated := report["tuned"].get("truncated"):
        long = f"{count(truncated)} test conversations were longer than the model's context"
        found.append(f"{long} and lost their beginning; their answers were scored in full.")
    return found


def cost(report: Report) -> str:
    money = report["cost"]
    actual, estimated = (_money(money, key) for key in ("actual", "estimated"))
    spent = f"{actual} spent on rented machines, {estimated} estimated."
    if not money.get("taken_away"):
        return spent
    return f"{spent} {money['taken_away']} of {money['pods']} pods were taken away in {money['pod_hours']:.1f} hours."


def estimate(report: Report) -> str:
    """What was foreseen of the time, against what it took; nothing where no estimate was made."""
    if not (told := report.get("estimate")):
        return ""
    span = told["seconds"]
    foreseen = f"{seconds(span['low'])} to {seconds(span['high'])}, likely {seconds(span['likely'])}"
    return f"Foreseen for baseline, training and evaluation: {foreseen}. They took {seconds(told['actual_seconds'])}."


def changes(report: Report) -> list[str]:
    """What was changed while it trained, and where equality with an undisturbed run ends."""
    told = report["training"].get("changes", [])
    said = [f"From step {each['step']} on {each['key']} was {each['new']} instead of {each['old']}." for each in told]
    until = report["training"].get("bit_for_bit_until")
    if until is not None:
        said.append(
            f"Up to step {until} the training equals an undisturbed one bit for bit. That promise ends there: the same "
            "examples made each step, and added up in other pieces its numbers may differ in the last digits."
        )
    return said


def total_seconds(report: Report) -> float:
    return sum(value for value in report["duration"].values() if value)


def _primary(report: Report) -> Figure:
    name = report["verdict"]["primary_metric"]
    before, after = report["baseline"]["metrics"].get(name), report["tuned"]["metrics"].get(name)
    detail = f"{number(before)} with the base model; 95 % sure: {interval_words(report['change'][name])}"
    return Figure(f"{metric_name(name)}, of 1", number(after), detail)


def _perplexity(report: Report) -> Figure:
    change = report["change"]["perplexity"]
    before, after = (report[arm].get("perplexity") for arm in ("baseline", "tuned"))
    detail = f"{number(before, 2)} with the base, {number(after, 2)} tuned; {interval_words(change)}. Lower is better"
    return Figure("Perplexity", amount(change), detail)


def _wins(report: Report) -> Figure:
    wins = report["wins"]
    total = sum(wins[key] for key in ("better", "same", "worse"))
    share = percent(wins["better"] / total if total else None)
    return Figure(
        "Answers that got better", share, f"{wins['better']} better, {wins['same']} same, {wins['worse']} worse"
    )


def _price(report: Report) -> Figure:
    return Figure("Time, start to report", seconds(total_seconds(report)), cost(report))


def _power(report: Report, primary: str) -> str:
    smallest = report["detectable"].get(primary)
    return f"A true change below {number(smallest)} would probably have gone unseen." if smallest else ""


def _examples(shots: int) -> str:
    return "one worked example" if shots == 1 else f"{shots} worked examples"


def _money(money: dict[str, Any], key: str) -> str:
    return MISSING if money.get(key) is None else f"{money['currency']} {money[key]:,.2f}"
