"""Answers that are rare weigh more, so that a class of few rows is learned as well as one of many."""

from collections import Counter
from typing import TYPE_CHECKING

from luthier.models.chat import IGNORED

if TYPE_CHECKING:
    from datasets import Dataset


def with_weights(train: "Dataset") -> "Dataset":
    """The examples with {weight}: rows / (different answers × rows of this answer), 1 on average over the rows.

    (King and Zeng 2001, Logistic Regression in Rare Events Data; scikit-learn calls it "balanced".)
    """
    answers = [tuple(label for label in labels if label != IGNORED) for labels in train["labels"]]
    rows = Counter(answers)
    return train.add_column("weight", [len(answers) / (len(rows) * rows[answer]) for answer in answers])  # type: ignore[call-arg]
