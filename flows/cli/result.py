"""How a finished run is told: the verdict, the numbers with their intervals, where things are."""

from typing import Any

from flows.cli.common import say
from luthier.run import Run
from luthier.secrets import without_secrets

EXIT_CODES = {"improved": 0, "not_shown": 3, "worse": 4}


def exit_code(report: dict[str, Any]) -> int:
    """0 improved, 3 not shown, 4 worse or a threshold of `evaluation.accept` missed."""
    if any(item["met"] is False for item in report["verdict"]["accept"].values()):
        return 4
    return EXIT_CODES[report["verdict"]["label"]]


def show_result(run: Run, report: dict[str, Any]) -> None:
    verdict = report["verdict"]
    say()
    say(f"Verdict: {verdict['label'].replace('_', ' ').upper()}. {verdict['reason']}")
    say()
    say(f"  {'':<14}{'base':>9}{'few-shot':>10}{'tuned':>9}   change (95 % interval)")
    for name, change in report["change"].items():
        say(f"  {name:<14}{_value(report, 'baseline', name):>9}{_value(report, 'few_shot', name):>10}"
            f"{_value(report, 'tuned', name):>9}   {interval(change)}")  # fmt: skip
    for name, item in verdict["accept"].items():
        met = {True: "met", False: "MISSED", None: "not measured"}[item["met"]]
        say(f"  wanted {name} {item['wanted']}: got {_got(item)}, {met}")
    data = report["data"]
    seen_by = data.get("test_rows_seen_by", "prompt or answer")
    say(f"  test rows whose {seen_by} is in the training set: {data['test_rows_seen_in_train']}")
    say()
    for name, place in places(run).items():
        say(f"  {name:<9} {place}")


def places(run: Run) -> dict[str, str]:
    """Where a person finds the run's things."""
    folder = run.folder
    return {
        "report": str(folder.report / "report.html"),
        "pdf": str(folder.report / "report.pdf"),
        "adapter": str(folder.adapter),
        "package": str(folder.package),
        "mlflow": f"{without_secrets(run.settings.tracking_uri)} (run {folder.run_id})",
        "web pages": "luthier up   (Prefect and MLflow, with this run in both)",
    }


def _got(item: dict[str, Any]) -> str:
    """In the unit that was wanted."""
    if item["got"] is None:
        return "-"
    return f"{100 * item['got']:+.1f} %" if "%" in item["wanted"] else f"{item['got']:+.3f}"


def _value(report: dict[str, Any], arm: str, metric: str) -> str:
    scores = report[arm]
    value = scores.get(metric, scores.get("metrics", {}).get(metric))
    return "-" if value is None else f"{value:.2f}" if metric == "perplexity" else f"{value:.3f}"


def interval(change: dict[str, Any]) -> str:
    """+0.084 (+0.049 to +0.119), or in percent for a relative change."""
    if change["value"] is None:
        return change.get("reason") or "not measured"
    scale, unit = (100, " %") if change["value_kind"] == "relative" else (1, "")
    digits = 1 if unit else 3
    numbers = [
        f"{scale * change[key]:+.{digits}f}" for key in ("value", "ci_low", "ci_high") if change[key] is not None
    ]
    return f"{numbers[0]}{unit}" + (f" ({numbers[1]} to {numbers[2]})" if len(numbers) == 3 else "")
