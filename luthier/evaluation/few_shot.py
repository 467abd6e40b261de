"""The best prompt that the base could have had for free: a few training examples before the question."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from luthier.evaluation.arm import answers, preferred
from luthier.evaluation.journal import Journal
from luthier.evaluation.loaded import Loaded
from luthier.evaluation.metrics import SCORES
from luthier.models.chat import prompt_ids
from luthier.rows import Message, Row
from luthier.spec import PREFERRED, RunSpec

VALIDATION_ROWS = 24
"""Rows on which the number of examples is chosen; the test rows have no say."""


class Shots(NamedTuple):
    """Examples that stand as chat turns before the question."""

    ids: list[str]
    turns: list[Message]

    def before(self, messages: list[Message]) -> list[Message]:
        """The conversation with the examples in front; its system message, if any, stays first."""
        system = 1 if messages[0]["role"] == "system" else 0
        return messages[:system] + self.turns + messages[system:]


class Choice(NamedTuple):
    """The best shots, or None with the reason; `candidates` says how each did."""

    shots: Shots | None
    candidates: list[dict[str, Any]]
    reason: str


def choose(loaded: Loaded, spec: RunSpec, splits: Mapping[str, Sequence[Row]], journal: Journal) -> Choice:
    """Try each count of `evaluation.few_shot` on validation rows; `splits` has train, validation and test.

    The examples come from the training rows. Those that leave too little of the context for any test or validation
    question are not tried. The best mean of the primary metric wins; of equals, the one with fewer examples.
    """
    if not spec.evaluation.few_shot:
        return Choice(None, [], "evaluation.few_shot is empty")
    validation = pick(splits["validation"], VALIDATION_ROWS, spec.seed)
    asked = [*validation, *splits["test"]]
    candidates, fitting = [], []
    for count in sorted(set(spec.evaluation.few_shot)):
        shots = draw(splits["train"], count, spec.seed)
        reason = _unfit(loaded, shots, count, asked)
        score = None if reason else _score(loaded, spec.evaluation.primary_metric, shots, validation, journal)
        candidates.append({"shots": count, "score": score, "examples": shots.ids, "reason": reason})
        if score is not None:
            fitting.append((score, -count, shots))
    if not fitting:
        return Choice(None, candidates, "no number of examples could be tried: " + str(candidates[0]["reason"]))
    return Choice(max(fitting, key=lambda entry: entry[:2])[2], candidates, "")


def pick(rows: Sequence[Row], most: int, seed: int) -> list[Row]:
    """At most `most` rows, the same for the same seed, in the rows' order."""
    chosen = random.Random(seed).sample(range(len(rows)), min(most, len(rows)))
    return [rows[index] for index in sorted(chosen)]


def draw(train: Sequence[Row], count: int, seed: int) -> Shots:
    """At most `count` training conversations without their system message."""
    rows = random.Random(f"{seed}: {count} shots").sample(train, min(count, len(train)))
    turns = [message for row in rows for message in row["messages"] if message["role"] != "system"]
    return Shots([row["id"] for row in rows], turns)


def _unfit(loaded: Loaded, shots: Shots, count: int, asked: list[Row]) -> str | None:
    if len(shots.ids) < count:
        return f"there are only {len(shots.ids)} training rows"
    longest = max(len(prompt_ids(loaded.tokenizer, shots.before(row["messages"]), 1 << 30)) for row in asked)
    if longest > loaded.room:
        return (
            f"{count} examples and the longest question take {longest} tokens; the context has room for {loaded.room}"
        )
    return None


def _score(loaded: Loaded, metric: str, shots: Shots, validation: list[Row], journal: Journal) -> float:
    conversations = [shots.before(row["messages"]) for row in validation]
    if metric == PREFERRED:
        found = preferred(loaded, f"few_shot, {len(shots.ids)} examples", validation, shots.before, journal)
        return sum(found) / len(found)
    part = f"few_shot: trying {len(shots.ids)} examples"
    outputs = [output for output, _ in answers(loaded, part, conversations, journal)]
    wanted = [row["messages"][-1]["content"] for row in validation]
    scores = [SCORES[metric](*pair) for pair in zip(outputs, wanted, strict=True)]
    return sum(scores) / len(scores)
