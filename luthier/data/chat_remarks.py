"""What the model's chat template makes of the rows, where a person would expect something else."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from luthier.data.record import Record

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class ChatRemarks:
    """Counts of rows: `moved` have a system prompt that the template has no place for; of `shortened`, which hold
    several answers, only the last is learned.
    """

    def __init__(self) -> None:
        self.moved = self.shortened = 0

    def see(self, records: Sequence[Record], tokenizer: "PreTrainedTokenizerBase") -> None:
        """Sound records, with their tokens counted."""
        from luthier.models.template import moves_system

        for record in records:
            answers = sum(message["role"] == "assistant" for message in record.messages)
            self.moved += moves_system(tokenizer, record.messages)
            self.shortened += not record.last_only and record.answers < answers

    def told(self) -> Iterator[tuple[str, str]]:
        """Code and text of each remark."""
        if self.moved:
            yield (
                "system_prompt",
                "The model's chat template has no place for a system prompt: in training and evaluation, that of "
                f"{self.moved:,} rows stands at the beginning of the first question. "
                "Put it there when you use the model.",
            )
        if self.shortened:
            yield (
                "last_answer_only",
                f"Of {self.shortened:,} conversations only the last answer is learned: the model's chat template "
                "writes earlier ones otherwise than it asks for them. To learn them all, give each answer a row of "
                "its own, with all that was said before it.",
            )
