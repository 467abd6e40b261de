"""What the `evaluate` modules share: the mean over the examples, and each example's own score."""

import datasets
import evaluate


class PerExampleMetric(evaluate.Metric):
    """A metric of one answer; `compute` gives {<name>: mean or None, "scores": one float an example}."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=type(self).__doc__ or "",
            citation="",
            inputs_description="predictions and references: lists of strings of equal length",
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def score(self, prediction: str, reference: str) -> float:
        raise NotImplementedError

    def _compute(self, predictions: list[str], references: list[str]) -> dict[str, float | list[float] | None]:
        scores = [self.score(*pair) for pair in zip(predictions, references, strict=True)]
        return {self.name: sum(scores) / len(scores) if scores else None, "scores": scores}
