"""Two arms, pair by pair: the change of each metric with its interval."""

from typing import Any

from luthier.evaluation.arm import Prediction
from luthier.evaluation.metrics import PASS_FAIL
from luthier.evaluation.statistics import Change, adjust, detectable, metric_change, perplexity_change
from luthier.rows import Row


class Comparison:
    """Scores of the same `rows` before and after, in the same order."""

    def __init__(self, rows: list[Row], before: list[Prediction], after: list[Prediction], seed: int):
        self.groups = [row["group"] for row in rows]
        self.before, self.after, self.seed = before, after, seed

    def changes(self, metrics: list[str]) -> dict[str, Change]:
        """Change of each metric and of the perplexity; `metrics[0]` is the primary one.

        `p_adjusted` corrects the secondary metrics for their number; the primary one was fixed in advance and stands
        as it is.
        """
        changes = {name: self._metric(name) for name in metrics} | {"perplexity": self._perplexity()}
        secondary = {name: change["p_value"] for name, change in changes.items() if name != metrics[0]}
        adjusted = adjust(secondary) | {metrics[0]: changes[metrics[0]]["p_value"]}
        return {name: change | {"p_adjusted": adjusted[name]} for name, change in changes.items()}

    def detectable(self, metrics: list[str]) -> dict[str, float | None]:
        """The smallest true change of each metric that so many rows would show at 80 % power."""
        return {name: detectable(*self.scores(name), self.groups) for name in metrics}

    def scores(self, name: str) -> tuple[list[float], list[float]]:
        before, after = ([row["scores"][name] for row in arm] for arm in (self.before, self.after))
        return before, after

    def _metric(self, name: str) -> Change:
        return metric_change(*self.scores(name), self.groups, self.seed, pass_fail=name in PASS_FAIL)

    def _perplexity(self) -> dict[str, Any]:
        tokens, _ = self.scores("tokens")
        return perplexity_change(*self.scores("nll"), tokens, self.groups, self.seed)
