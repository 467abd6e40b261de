"""What a spec for a data file should say, from a first look at it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from luthier.data.look import Look

Changes = dict[str, tuple[Any, str]]
"""Values by their key in the spec, each with the comment that says why."""

MAX_LENGTH = 1024
"""Tokens of a row that are learned unless the spec says otherwise."""

_SIZES = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
_BYTES_PER_TOKEN = 3.5
"""Of English; other languages have fewer, so a rounded size is taken."""


class Proposal(NamedTuple):
    recipe: str
    why: str


def recipe_for(seen: Look) -> Proposal:
    """The shipped recipe that fits best."""
    signs: Mapping[str, float] = {**dict.fromkeys(("clinical", "financial", "help_desk", "story"), 0.0), **seen.signs}
    if seen.answers_are_labels:
        return Proposal("classification", f"the answers are {len(seen.labels)} labels")
    if seen.task == "code":
        return Proposal("code-generation", "most answers hold code")
    for sign, recipe, why in (
        ("story", "creative-writing", "most prompts ask for a story or a verse"),
        ("clinical", "clinical-summaries", "most rows speak of patients"),
        ("financial", "brand-voice", "most rows speak of money that is invested"),
        ("help_desk", "customer-support", "most rows speak of orders, accounts and the like"),
    ):
        if signs[sign] >= 0.5:
            return Proposal(recipe, why)
    if seen.task == "question_answering":
        return Proposal("question-answering", f"questions with answers of about {seen.median_answer_words} words")
    return Proposal("customer-support", "nothing speaks for another")


def changes_for(seen: Look, recipe: str) -> Changes:
    """What the recipe has to say otherwise for this file."""
    changes: Changes = {}
    if seen.faults:
        why = f"{seen.faults:,} of the first {seen.rows_seen:,} rows are faulty: set such rows aside"
        changes["data.on_bad_rows"] = ("quarantine", why)
    if seen.has_time:
        changes["data.split.by"] = ("time", "the newest rows are the test, as they will be in use")
    if seen.answers_are_labels and recipe != "classification":
        changes["evaluation.primary_metric"] = ("exact_match", "the answers are labels: right or wrong")
        changes["evaluation.metrics"] = ([], "all")
    if recipe == "classification" and not seen.answers_are_labels:
        changes["data.split.stratify"] = (None, "the answers look like texts, not like labels")
    if seen.answer_bytes:
        size = _size(seen.answer_bytes / _BYTES_PER_TOKEN)
        changes["evaluation.max_new_tokens"] = (size, "longest answer, in tokens: 95 of 100 answers here fit")
    if seen.row_bytes / _BYTES_PER_TOKEN > MAX_LENGTH:
        changes["training.max_length"] = (2 * MAX_LENGTH, "tokens a row: these rows are long, and are cut at their end")
    return changes


def _size(tokens: float) -> int:
    return next((size for size in _SIZES if size >= tokens), _SIZES[-1])
