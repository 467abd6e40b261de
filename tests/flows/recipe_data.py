"""A small sample of data for each recipe, of the kind that it is for."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

Row = dict[str, str]

SUBJECTS = ("parcel", "invoice", "password", "subscription", "refund", "address", "account", "voucher")
VERBS = ("change", "find", "cancel", "renew", "track", "understand", "reopen", "explain")
PLACES = ("Oslo", "Lima", "Accra", "Hanoi", "Quito", "Turin", "Perth", "Kyoto")


def write_data(recipe: str, path: Path) -> Path:
    """64 rows that differ in more than a number."""
    path.write_text("".join(json.dumps(row) + "\n" for row in DATA[recipe]()), encoding="utf-8")
    return path


def _each() -> Iterator[tuple[int, str, str, str]]:
    for n, subject in enumerate(SUBJECTS):
        for m, verb in enumerate(VERBS):
            yield 8 * n + m, subject, verb, PLACES[(n + 3 * m) % len(PLACES)]


def tickets() -> Iterator[Row]:
    for n, subject, verb, place in _each():
        asked = f"How do I {verb} my {subject} in {place}? It is number {n}."
        yield {"prompt": asked, "completion": f"To {verb} your {subject}, open case {7 * n} with {place}."}
    yield {"prompt": "no answer"}


def labelled() -> Iterator[Row]:
    for n, subject, verb, place in _each():
        yield {"prompt": f"{place}: please {verb} the {subject} {n}", "completion": ("billing", "delivery")[n % 2]}


def questions() -> Iterator[Row]:
    for n, subject, verb, place in _each():
        asked = f"Which office of {place} can {verb} a {subject}?"
        yield {"question": asked, "answer": f"Office {n} of {place} does: {verb} {subject}."}


def code() -> Iterator[Row]:
    for n, subject, verb, _ in _each():
        body = f"def {verb}_{subject}(given):\n    return given.{subject}[{n}:].{verb}()\n"
        yield {
            "instruction": f"Write a function to {verb} each {subject} from {n} on.",
            "output": f"```python\n{body}```",
        }


def stories() -> Iterator[Row]:
    for n, subject, verb, place in _each():
        told = f"In {place} a {subject} wished to {verb} the sea. It walked {n} days and slept under the pier."
        yield {"prompt": f"A story of a {subject} from {place} that had to {verb}", "completion": told}


def advice() -> Iterator[Row]:
    for n, subject, verb, place in _each():
        asked = f"Should I {verb} my fund in {place} to pay for the {subject}?"
        answer = (
            f"To {verb} after {n} months may cost more than a {subject}. {place} can fall; please ask your adviser."
        )
        yield {"prompt": asked, "completion": answer}


def reports() -> Iterator[Row]:
    for n, subject, verb, place in _each():
        found = (
            f"Patient {n} of ward {place} was admitted with pain, could not {verb}; scan of the {subject} was clear."
        )
        yield {"prompt": found, "completion": f"Pain, cannot {verb}. Scan clear ({subject}). Ward {place}."}


DATA: dict[str, Callable[[], Iterator[Row]]] = {
    "brand-voice": advice,
    "classification": labelled,
    "clinical-summaries": reports,
    "code-generation": code,
    "creative-writing": stories,
    "customer-support": tickets,
    "question-answering": questions,
}
