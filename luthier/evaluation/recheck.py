"""Is the base under the adapter the base of the baseline? Else the comparison would be between two strangers."""

from typing import Any

from luthier.errors import ModelError
from luthier.evaluation.arm import Prediction
from luthier.evaluation.perplexity import Surprise

TOLERANCE = {"float32": 0.001, "bfloat16": 0.05}
"""Nats per token that another machine's kernels may make, by dtype; on the same machine the difference is zero."""


def recheck(before: list[Prediction], now: list[Surprise], dtype: str) -> dict[str, Any]:
    """{rows, max_abs_difference, tolerance}, in nats per token of an answer; `before` and `now` are the same rows.

    Raises ModelError beyond the tolerance.
    """
    pairs = zip(before, now, strict=True)
    difference = max(abs(old["scores"]["nll"] - new.nll) / new.tokens for old, new in pairs)
    if difference > TOLERANCE[dtype]:
        raise ModelError(
            "the base model is not the one the baseline was measured with",
            f"With the adapter off, an answer's likelihood differs by {difference:.3g} nats per token.",
            "Put the base model back, or start the run anew with --again.",
            "model.base",
        )
    return {"rows": len(before), "max_abs_difference": difference, "tolerance": TOLERANCE[dtype]}
