"""What the rows teach, guessed from their looks."""

import re

from luthier.data.inspection.sizes import Task

MOST = 0.5
"""Share of the rows that decides."""

ANSWER = 400
"""Characters: a longer answer is rather an essay than an answer to a question."""

_CODE = re.compile(
    r"```|^\s*(?:def |class |import |from \w+ import|#include|public |function |SELECT )|[;{}]\s*$", re.M
)
_QUESTION = re.compile(
    r"\?\s*$|^(?:who|what|when|where|why|which|how|is|are|can|could|do|does|did|should|was|wer|was|wann|wo|warum|wie"
    r"|qui|que|quand|où|pourquoi|comment|quién|qué|cuándo|dónde|cómo)\b",
    re.IGNORECASE,
)


class TaskGuess:
    def __init__(self) -> None:
        self.rows = self.code = self.questions = self.brief = 0

    def add(self, prompt: str, answer: str) -> None:
        self.rows += 1
        self.code += bool(_CODE.search(answer))
        self.questions += bool(_QUESTION.search(prompt[:40]) or prompt.rstrip().endswith("?"))
        self.brief += len(answer) <= ANSWER

    def found(self, labels: bool, layout: str) -> Task:
        """`labels`: whether the answers are; `layout`: the format's name, text having no prompts."""
        if layout == "text":
            return "domain_adaptation"
        if labels:
            return "classification"
        if self.code > MOST * self.rows:
            return "code"
        if self.questions > MOST * self.rows and self.brief > MOST * self.rows:
            return "question_answering"
        return "generation"
