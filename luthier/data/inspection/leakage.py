"""Test rows that the model has seen in training."""

from collections.abc import Iterable

from luthier.data.inspection.text import loose_key, turns_of
from luthier.rows import Row

Key = tuple[str, str]
"""What a text is (prompt or answer), and its `loose_key`."""


def seen_in_train(train: Iterable[Row], test: Iterable[Row], labels: bool) -> int:
    """Test rows that share a prompt or an answer with a training row, but for case, white space and punctuation.

    One of the two rows has to end with it: a greeting with which many conversations begin gives nothing away.
    `labels`: the answers are labels, which have to be known from training; only prompts count.
    """
    learned: set[Key] = set()
    ends: set[Key] = set()
    for row in train:
        turns = _keys(row, labels)
        learned.update(*turns)
        ends |= turns[-1]
    tested = (_keys(row, labels) for row in test)
    return sum(bool(turns[-1] & learned or set().union(*turns) & ends) for turns in tested)


def _keys(row: Row, labels: bool) -> list[set[Key]]:
    """For each turn the keys of its prompt and answer."""
    turns = [{("prompt", loose_key(ask)), ("answer", loose_key(answer))} for ask, answer in turns_of(row["messages"])]
    return [{key for key in turn if not (labels and key[0] == "answer")} for turn in turns]
