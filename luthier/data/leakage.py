"""Test rows that the model has seen in training."""

from collections.abc import Iterable

from luthier.data.text import answer_of, loose_key, prompt_of
from luthier.rows import Row


def seen_in_train(train: Iterable[Row], test: Iterable[Row], labels: bool) -> int:
    """Test rows whose prompt or answer is in the training rows, but for case, white space and punctuation.

    `labels`: the answers are labels, which have to be known from training; only prompts count.
    """
    prompts, answers = set(), set()
    for row in train:
        prompts.add(loose_key(prompt_of(row["messages"])))
        answers.add(loose_key(answer_of(row["messages"])))
    return sum(
        loose_key(prompt_of(row["messages"])) in prompts
        or (not labels and loose_key(answer_of(row["messages"])) in answers)
        for row in test
    )
