"""Answers that hold facts which change: dates, prices, times of day."""

import re

_FACT = re.compile(
    r"[$€£¥]\s?\d[\d.,]*|\b\d[\d.,]*\s?(?:€|£|eur|usd|euros?|dollars?|%)|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b(?:19|20)\d{2}\b|\b\d{1,2}:\d{2}\b|\bv?\d+\.\d+\.\d+\b",
    re.IGNORECASE,
)


class ChangingFacts:
    """Counts the rows whose answer tells one that its prompt does not."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, prompt: str, answer: str) -> None:
        facts = _FACT.findall(answer)
        self.rows += any(fact not in prompt for fact in facts)
