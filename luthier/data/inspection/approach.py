"""What the data says about prompting, looking things up, and fine-tuning."""

from collections.abc import Iterator
from typing import Literal

from luthier.data.inspection.sizes import NAMES, SIZES
from luthier.data.inspection.survey import Survey

FEW = 100
"""Rows below which a prompt with examples is the better first attempt."""

CHANGING = 0.3
"""Share of rows that tell dates, prices or times which the prompt does not."""

UNIQUE = 0.9
"""Share of answers that nothing repeats."""

GOOD = 70
"""Of 100, from the quality score."""

Sentence = tuple[Literal["green", "yellow", "red"], str]


def approach(told: Survey) -> Iterator[Sentence]:
    """Rules of thumb: the proof after training is what decides."""
    sizes = SIZES[told.task]
    of = f"{told.rows:,} rows for {NAMES[told.task]}"
    good = told.quality is not None and told.quality.score >= GOOD
    if told.rows < FEW:
        yield (
            "red",
            f"{of}: too few to learn from. Try a prompt with a few of them as examples first, and collect more.",
        )
    elif told.rows < sizes.minimum:
        text = f"{of}; {sizes.minimum:,} is what it usually takes. A prompt with examples may do as well:"
        yield "yellow", f"{text} the report compares both."
    elif told.rows < sizes.good or not good:
        yield "yellow" if not good else "green", f"{of}: enough to try; {sizes.good:,} good ones are better."
    else:
        yield "green", f"{of}: enough to fine-tune."
    yield from _facts(told)
    if told.labels:
        yield (
            "green",
            f"The answers are {len(told.labels.counts)} labels: a small model with LoRA learns to classify well.",
        )


def _facts(told: Survey) -> Iterator[Sentence]:
    if told.changing >= CHANGING and told.unique_answers >= UNIQUE and not told.labels:
        text = (
            f"{told.changing:.0%} of the answers tell dates, prices or times that the prompt does not, and hardly any"
        )
        text += (
            " repeats: such facts change and are not learned reliably. Look them up (RAG) and give them in the prompt;"
        )
        yield "yellow", text + " fine-tune for style and form only."
