"""Examples to look at, chosen by a rule that is fixed in advance."""

import random
from typing import Any

from luthier.evaluation.arm import Prediction
from luthier.rows import Row

EACH = 4


def choose_examples(
    rows: list[Row], arms: dict[str, list[Prediction]], metric: str, seed: int
) -> tuple[list[dict[str, Any]], str]:
    """The examples, best first, and the rule in words.

    `arms` holds one prediction a row, in the rows' order: base, tuned, and few_shot if it was measured. No row is
    shown twice; with fewer than 3 * EACH rows all of them are shown.
    """
    gains = [
        tuned["scores"][metric] - base["scores"][metric]
        for base, tuned in zip(arms["base"], arms["tuned"], strict=True)
    ]
    order = sorted(range(len(rows)), key=lambda index: (-gains[index], index))
    best, worst = order[:EACH], order[EACH:][-EACH:]
    rest = [index for index in range(len(rows)) if index not in {*best, *worst}]
    drawn = sorted(random.Random(f"{seed}: examples").sample(rest, min(EACH, len(rest))))
    chosen = {**dict.fromkeys(best, "best"), **dict.fromkeys(drawn, "random"), **dict.fromkeys(worst, "worst")}
    rule = (
        f"The {len(best)} test rows where {metric} rose most over the base, the {len(worst)} where it rose least or "
        f"fell most, and {len(drawn)} drawn at random from the rest (seed {seed})."
    )
    return [_example(rows[index], index, arms, metric, why) for index, why in chosen.items()], rule


def _example(row: Row, index: int, arms: dict[str, list[Prediction]], metric: str, chosen: str) -> dict[str, Any]:
    outputs = {name: predictions[index]["output"] for name, predictions in arms.items()}
    return {
        "id": row["id"],
        "prompt": row["messages"][:-1],
        "base": outputs["base"],
        "few_shot": outputs.get("few_shot"),
        "tuned": outputs["tuned"],
        "reference": row["messages"][-1]["content"],
        "scores": {name: predictions[index]["scores"][metric] for name, predictions in arms.items()},
        "chosen": chosen,
    }
