"""Which numbers of a report go into which chart."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from luthier.reporting.charts import PALE, Effect, bars, forest, loss_curve
from luthier.reporting.numbers import metric_name

FEW_SHOT_COLOR = "#7f8ea3"


class Figures:
    """Each method draws one chart as SVG, in `accent`."""

    def __init__(self, report: dict[str, Any], curve_rows: list[dict[str, str]], accent: str):
        self.report, self.curve_rows, self.accent = report, curve_rows, accent
        self.colors = {"base": PALE, "few-shot": FEW_SHOT_COLOR, "tuned": accent}

    def curve(self) -> Markup:
        steps = [each["step"] for each in self.report["interruptions"] if each["stage"] == "train" and each["step"]]
        return Markup(loss_curve(self.curve_rows, steps, self.accent))

    def headline(self) -> Markup:
        """Mean of the primary metric, arm by arm."""
        name = self.report["verdict"]["primary_metric"]
        group = _known({arm: measured["metrics"].get(name) for arm, measured in self._arms().items()})
        return bars(f"{metric_name(name)} before and after", {metric_name(name): group}, self.colors)

    def scores(self) -> Markup:
        """Mean of each answer metric, arm by arm."""
        arms = self._arms()
        names = self.report["tuned"]["metrics"]
        groups = {
            metric_name(name): _known({arm: measured["metrics"].get(name) for arm, measured in arms.items()})
            for name in names
        }
        return bars("Answer metrics before and after", groups, self.colors)

    def perplexity(self) -> Markup:
        group = _known({arm: measured.get("perplexity") for arm, measured in self._arms().items()})
        return bars("Perplexity before and after", {"Perplexity": group}, self.colors, digits=2)

    def effects(self) -> Markup:
        """Change of each answer metric, against the base and against its best prompt."""
        found = []
        for name in self.report["tuned"]["metrics"]:
            found += _effect(metric_name(name), self.report["change"].get(name))
            found += _effect("  against few-shot", self.report["versus_few_shot"].get(name), hollow=True)
        return forest("Change of each answer metric with its 95 % interval", found, self.accent)

    def wins(self) -> Markup:
        wins = {name: float(self.report["wins"][name]) for name in ("better", "same", "worse")}
        colors = {"better": self.accent, "same": PALE, "worse": "#c2410c"}
        return bars(
            "Test answers that got better, stayed the same, got worse", {"Test answers": wins}, colors, digits=0
        )

    def _arms(self) -> dict[str, dict[str, Any]]:
        few_shot = {"few-shot": self.report["few_shot"]} if self.report["few_shot"]["measured"] else {}
        return {"base": self.report["baseline"], **few_shot, "tuned": self.report["tuned"]}


def _known(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


def _effect(name: str, change: dict[str, Any] | None, hollow: bool = False) -> list[Effect]:
    if change is None or change.get("ci_low") is None or change.get("ci_high") is None:
        return []
    return [Effect(name, change["value"], change["ci_low"], change["ci_high"], hollow)]
