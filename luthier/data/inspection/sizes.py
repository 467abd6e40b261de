"""How many rows a task takes."""

from typing import Literal, NamedTuple

Task = Literal["classification", "generation", "question_answering", "code", "domain_adaptation"]


class Sizes(NamedTuple):
    """Rows: the fewest with which it is worth trying, and those with which it goes well."""

    minimum: int
    good: int


SIZES: dict[Task, Sizes] = {
    "classification": Sizes(1_000, 10_000),
    "generation": Sizes(5_000, 50_000),
    "question_answering": Sizes(2_000, 20_000),
    "code": Sizes(5_000, 100_000),
    "domain_adaptation": Sizes(10_000, 100_000),
}
"""Rules of thumb, not measurements: with a good base model far fewer rows may do, which the proof then shows."""

NAMES: dict[Task, str] = {
    "classification": "classification",
    "generation": "generation",
    "question_answering": "question answering",
    "code": "code",
    "domain_adaptation": "domain adaptation",
}
