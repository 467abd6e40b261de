"""What a run has to do, in numbers: steps, tokens, answers."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from luthier.estimate.base_size import BaseSize
from luthier.estimate.ranges import Range
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import read_json
from luthier.training.plan import length_of

TRIED_ON = 24
"""Validation rows on which each number of few-shot examples is tried."""


@dataclass(frozen=True)
class Asking:
    """Questions that one arm answers.

    prompt: mean tokens of a question. shared: tokens that all questions begin with, read once. new: tokens of an
    answer, at most `most_new`. reads: tokens read to score the reference answers. tuned: with the adapter.
    """

    name: str
    answers: int
    prompt: float
    shared: float
    new: Range
    most_new: int
    reads: float
    tuned: bool = False

    @property
    def allowed(self) -> int:
        return self.answers * self.most_new


@dataclass(frozen=True)
class Work:
    """method, paired: how it is trained, and whether on pairs of answers. trained: weights that are. tokens: of all
    training steps. compared: tokens that the base reads once, to learn preferences from. learned: share of tokens that
    the head works on. row: tokens of a training row; rows: how many there are; longest: tokens of the longest.
    looks: at the validation rows, of `look_tokens` tokens and `samples` answers each.
    """

    base: BaseSize
    method: str
    paired: bool
    element_bytes: int
    trained: int
    steps: int
    tokens: float
    compared: float
    learned: float
    row: float
    rows: int
    longest: int
    save_every: int
    looks: int
    look_tokens: float
    samples: Asking
    baseline: tuple[Asking, ...]
    evaluation: tuple[Asking, ...]


def work_of(run: RunFolder, spec: RunSpec, base: BaseSize) -> Work:
    """The work of a run whose data were validated; `spec` is resolved. Early stopping is not foreseen."""
    from luthier.training.dataset import total_steps

    training, found = spec.training, read_json(run.validation)
    counts = found["tokens"]
    rows, length = found["splits"]["train"], length_of(spec)
    steps = total_steps(rows, length)
    seen = min(round(rows * length.epochs), steps * length.batch_size)
    row = counts["total"] / counts["examples"]
    paired = training.loss == "dpo"
    answers = 2 if paired else 1  # the rejected ones are taken to be as long as the chosen
    train, look = (answers * split_tokens(run.tokens(name)) for name in ("train", "validation"))
    asking = _Questions(spec, found["splits"], row, counts["trained"] / counts["examples"])
    longest = min(counts["max"], counts["max_length"])
    return Work(
        base=base,
        method=training.method,
        paired=paired,
        element_bytes=2 if training.dtype == "bfloat16" else 4,
        trained=base.weights if training.method == "full" else base.adapter(training.rank or 0),
        steps=steps,
        tokens=seen * train / rows,
        compared=train + look if paired else 0,
        learned=counts["trained_share"],
        row=row,
        rows=rows,
        longest=longest,
        save_every=min(training.checkpoint_every, steps),
        looks=math.ceil(steps / training.checkpoint_every),
        look_tokens=look,
        samples=asking.about("samples", min(training.samples, found["splits"]["validation"]), scored=False),
        baseline=asking.baseline(),
        evaluation=asking.evaluation(),
    )


def split_tokens(tokens: Path) -> int:
    """Tokens of a split, as validate-data wrote them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    with pa.memory_map(str(tokens)) as file, pa.ipc.open_stream(file) as stream:
        return sum(pc.sum(pc.list_value_length(batch.column("input_ids"))).as_py() or 0 for batch in stream)


class _Questions:
    """What the arms are asked; test rows are taken to be as long as rows are on average."""

    def __init__(self, spec: RunSpec, splits: dict[str, int], row: float, answer: float):
        self.evaluation_spec, self.splits, self.row = spec.evaluation, splits, row
        self.prompt = max(row - answer, 1.0)
        self.test = min(splits["test"], spec.evaluation.max_examples)
        most = spec.evaluation.max_new_tokens
        usual = min(answer, most)
        self.new = Range(usual, (usual + most) / 2, most)

    def baseline(self) -> tuple[Asking, ...]:
        shots = sorted(set(self.evaluation_spec.few_shot))
        rows = min(self.splits["validation"], TRIED_ON)
        tried = (self.about(f"trying {count} examples", rows, shots=count, scored=False) for count in shots)
        best = [self.about("best few-shot prompt", self.test, shots=shots[-1])] if shots else []
        return (self.about("base", self.test), *tried, *best)

    def evaluation(self) -> tuple[Asking, ...]:
        again = replace(self.about("base again", self.test), answers=0)
        return (again, replace(self.about("tuned", self.test), tuned=True))

    def about(self, name: str, answers: int, shots: int = 0, scored: bool = True) -> Asking:
        """An arm with `shots` examples before each question."""
        before = shots * self.row
        reads = answers * self.row + before if scored else 0.0
        return Asking(name, answers, self.prompt, before, self.new, self.evaluation_spec.max_new_tokens, reads)
