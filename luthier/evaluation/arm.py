"""One arm: a model and a way of asking it, over all test rows."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from luthier.evaluation.journal import Journal
from luthier.evaluation.loaded import Loaded
from luthier.evaluation.metrics import SCORES
from luthier.evaluation.perplexity import Reference, Surprise, perplexity, reference
from luthier.models.chat import prompt_ids
from luthier.rows import Message, Row, rejected_answer
from luthier.spec import PREFERRED

Ask = Callable[[list[Message]], list[Message]]
"""What an arm makes of a conversation before the model sees it."""

Prediction = dict[str, Any]
"""A line of predictions.jsonl: {id, arm, output, reference, scores {<metric>, nll, tokens, output_tokens}}."""


class Arm(NamedTuple):
    """`seconds` is the time its answers took, over all attempts; `truncated` counts prompts beyond the context."""

    predictions: list[Prediction]
    truncated: int
    seconds: float


def as_it_is(messages: list[Message]) -> list[Message]:
    return messages


def measure(
    loaded: Loaded, name: str, rows: list[Row], metrics: list[str], journal: Journal, ask: Ask = as_it_is
) -> Arm:
    """Answers, their scores and the surprise at the reference answers, one prediction a row, in the rows' order."""
    conversations = [ask(row["messages"]) for row in rows]
    references = [reference(loaded.tokenizer, messages, loaded.context) for messages in conversations]
    surprised = surprise(loaded, f"{name}: reading the reference answers", references, journal)
    part = f"{name}: answering"
    answered = answers(loaded, part, conversations, journal)
    of_answers = [metric for metric in metrics if metric in SCORES]
    predictions = [
        _prediction(row, name, output, tokens, of_answers, told)
        for row, (output, tokens), told in zip(rows, answered, surprised, strict=True)
    ]
    if PREFERRED in metrics:
        found = preferred(loaded, name, rows, ask, journal)
        for prediction, score in zip(predictions, found, strict=True):
            prediction["scores"][PREFERRED] = score
    return Arm(predictions, sum(ref.truncated for ref in references), journal.seconds(part))


def surprise(loaded: Loaded, part: str, references: list[Reference], journal: Journal) -> list[Surprise]:
    def work(missing: set[int]) -> Iterator[tuple[int, list[float]]]:
        return ((index, [*told]) for index, told in loaded.engine.score(references, missing))

    return [Surprise(*values) for values in journal.run(part, len(references), work)]


def preferred(loaded: Loaded, name: str, rows: list[Row], ask: Ask, journal: Journal) -> list[float]:
    """1 for each row whose chosen answer is likelier than its rejected one, else 0.

    By the mean over an answer's tokens, so that a short answer has no advantage (length-normalised accuracy, as in
    Meng et al. 2024, SimPO, section 2.2).
    """
    chosen = [ask(row["messages"]) for row in rows]
    rejected = [
        [*messages[:-1], Message(role="assistant", content=rejected_answer(row) or "")]
        for row, messages in zip(rows, chosen, strict=True)
    ]
    sides = (("chosen", chosen), ("rejected", rejected))
    found = [
        surprise(
            loaded,
            f"{name}: reading the {side} answers",
            [reference(loaded.tokenizer, messages, loaded.context) for messages in conversations],
            journal,
        )
        for side, conversations in sides
    ]
    return [float(good.nll / good.tokens < bad.nll / bad.tokens) for good, bad in zip(*found, strict=True)]


def answers(loaded: Loaded, part: str, conversations: list[list[Message]], journal: Journal) -> list[tuple[str, int]]:
    """The text of each greedy answer and its number of tokens; a conversation's last message is what is asked for."""
    prompts = [prompt_ids(loaded.tokenizer, messages, loaded.room) for messages in conversations]

    def work(missing: set[int]) -> Iterator[tuple[int, tuple[str, int]]]:
        for index, ids in loaded.engine.answer(prompts, missing):
            yield index, (str(loaded.tokenizer.decode(ids, skip_special_tokens=True)).strip(), len(ids))

    return journal.run(part, len(prompts), work)


def summary(arm: Arm, metrics: list[str]) -> dict[str, Any]:
    scores = [prediction["scores"] for prediction in arm.predictions]
    return {
        "perplexity": perplexity(Surprise(score["nll"], score["tokens"]) for score in scores),
        "tokens": sum(score["tokens"] for score in scores),
        "truncated": arm.truncated,
        "metrics": {name: sum(score[name] for score in scores) / len(scores) for name in metrics},
        "seconds": arm.seconds,
        "answer_tokens_mean": sum(score["output_tokens"] for score in scores) / len(scores),
    }


def _prediction(row: Row, arm: str, output: str, output_tokens: int, metrics: list[str], told: Surprise) -> Prediction:
    wanted = row["messages"][-1]["content"]
    scores: dict[str, float] = {name: SCORES[name](output, wanted) for name in metrics}
    scores |= {"nll": told.nll, "tokens": told.tokens, "output_tokens": output_tokens}
    return {"id": row["id"], "arm": arm, "output": output, "reference": wanted, "scores": scores}
