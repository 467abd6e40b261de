"""Conversations as tokens: what is given, and what the model has to learn.

Works with any chat template, also without generation markers: the template renders the conversation
up to each answer and through it, and what lies between is the answer.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from luthier.errors import ModelError
from luthier.models.template import as_known, render
from luthier.rows import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""Label of a token that is not learned (the value torch's cross-entropy skips)."""

Span = tuple[int, int]


class Encoded(NamedTuple):
    """One conversation: `input_ids` and `labels` of equal length; `truncated` if tokens were cut off its end."""

    input_ids: Sequence[int]
    labels: Sequence[int]
    truncated: bool

    @property
    def trained(self) -> int:
        """Tokens that are learned; 0 when the cut left no answer. The first token has no predecessor to learn from."""
        return sum(label != IGNORED for label in self.labels[1:])

    @property
    def answers(self) -> int:
        """Answers that are learned, wholly or in part."""
        return sum(label != IGNORED and before == IGNORED for before, label in pairwise([IGNORED, *self.labels]))


def encode(
    tokenizer: "PreTrainedTokenizerBase", messages: list[Message], max_length: int, last_only: bool = False
) -> Encoded:
    """Labels are the tokens of every assistant turn with its end-of-turn token, IGNORED elsewhere.

    With `last_only`, or when the template rewrites earlier turns (to drop old reasoning, say), only
    the last answer is learned. What follows the last answer's end-of-turn is left out.
    """
    return encode_all(tokenizer, [messages], max_length, last_only)[0]


def encode_all(
    tokenizer: "PreTrainedTokenizerBase",
    conversations: list[list[Message]],
    max_length: int,
    last_only: bool | Sequence[bool] = False,
) -> list[Encoded]:
    """`encode` for each conversation, `last_only` for all or one by one; the tokenizer is given them all at once."""
    lasts = [last_only] * len(conversations) if isinstance(last_only, bool) else last_only
    answers = [_answers(tokenizer, messages, last) for messages, last in zip(conversations, lasts, strict=True)]
    tokenised = _tokenise(tokenizer, [text for text, _ in answers])
    return [
        _encoded(ids, _inside(offsets, spans), max_length)
        for (ids, offsets), (_, spans) in zip(tokenised, answers, strict=True)
    ]


def _encoded(ids: list[int], inside: list[bool], max_length: int) -> Encoded:
    labels = [token if answer else IGNORED for token, answer in zip(ids, inside, strict=True)]
    return Encoded(ids[:max_length], labels[:max_length], len(ids) > max_length)


def encode_answer(
    tokenizer: "PreTrainedTokenizerBase", messages: list[Message], max_length: int
) -> tuple[list[int], int]:
    """Tokens of the conversation and where its last answer starts; only `ids[start:]` is scored.

    Cut as `encode` cuts: `start` ≥ len(ids) when the prompt alone fills `max_length`.
    """
    text, spans = _answers(tokenizer, messages, last_only=True)
    ((ids, offsets),) = _tokenise(tokenizer, [text])
    return ids[:max_length], _inside(offsets, spans).index(True)


def prompt_ids(tokenizer: "PreTrainedTokenizerBase", messages: list[Message], max_length: int) -> list[int]:
    """Tokens to generate the conversation's last message from, of which only whether it reasons matters.

    A longer prompt loses its beginning, so that the question stays.
    """
    text = render(tokenizer, as_known(tokenizer, messages)[:-1], prompt=True, reasons=_reasons(messages))
    return tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"][-max_length:]


def stop_ids(tokenizer: "PreTrainedTokenizerBase") -> list[int]:
    """Ids that end the assistant's turn: what the template writes there, and the tokenizer's end of sequence.

    Raises ModelError when the template does not end a turn with a special token.
    """
    ids, _ = encode_answer(tokenizer, _EXAMPLE, max_length=1 << 30)
    if ids[-1] not in tokenizer.all_special_ids and ids[-1] not in tokenizer.added_tokens_decoder:
        raise ModelError(
            "the model's chat template does not end the assistant's turn with a special token",
            "The model could never learn where to stop.",
            "Use another instruct model, or mend its chat template.",
            "model.base",
        )
    return sorted({ids[-1], tokenizer.eos_token_id} - {None})


_EXAMPLE: list[Message] = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]


def _answers(tokenizer: "PreTrainedTokenizerBase", messages: list[Message], last_only: bool) -> tuple[str, list[Span]]:
    """The rendered conversation, and from where to where in it each answer lies, with its end-of-turn.

    Each answer costs two renderings of what comes before it; only so much is sure of any template.
    """
    messages, reasons = as_known(tokenizer, messages), _reasons(messages)
    text = render(tokenizer, messages, reasons=reasons)
    turns = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    turns = turns[-1:] if last_only else turns
    spans = [span for index in turns if (span := _span(tokenizer, messages, index, text, reasons))]
    if len(spans) < len(turns):
        spans = [span for span in [_span(tokenizer, messages, turns[-1], text, reasons)] if span]
    if not spans:
        raise ModelError(
            "the model's chat template writes an answer otherwise than it asks for one",
            "Its generation prompt is not how its assistant turn begins.",
            "Use another instruct model, or mend its chat template.",
            "model.base",
        )
    return text[: spans[-1][1]], spans


def _span(
    tokenizer: "PreTrainedTokenizerBase", messages: list[Message], index: int, text: str, reasons: bool
) -> Span | None:
    before = render(tokenizer, messages[:index], prompt=True, reasons=reasons)
    last = index == len(messages) - 1
    through = text if last else render(tokenizer, messages[: index + 1], reasons=reasons)
    if text.startswith(through) and through.startswith(before):
        return len(before), len(through)
    return None


def _reasons(messages: list[Message]) -> bool:
    return any("</think>" in message["content"] for message in messages if message["role"] == "assistant")


def _tokenise(tokenizer: "PreTrainedTokenizerBase", texts: list[str]) -> list[tuple[list[int], list[Span]]]:
    """For each text its tokens, and from which character to which each of them stands."""
    if not texts:  # the tokenizer would fail
        return []
    encoding = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return list(zip(encoding["input_ids"], encoding["offset_mapping"], strict=True))


def _inside(offsets: list[Span], spans: list[Span]) -> list[bool]:
    """Which tokens hold a character of a span: of those that end behind the token's start, one begins before its end.

    Long conversations have thousands of spans, so that a token must not look at each.
    """
    ordered = sorted(spans, key=itemgetter(1))
    ends = [to for _, to in ordered]
    earliest = list(accumulate((since for since, _ in reversed(ordered)), min))[::-1]
    return [(first := bisect_right(ends, start)) < len(ends) and earliest[first] < end for start, end in offsets]
