"""What the model will see of each row: tokens, how many of them it learns, what is cut off."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from luthier.data.record import Fault, Record
from luthier.events import Event

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WHOLE = 1 << 30
"""No cut, so that a row's true length is known."""


def count_tokens(
    records: list[Record], tokenizer: "PreTrainedTokenizerBase", max_length: int, every: int = 200
) -> Iterator[Event]:
    """Fill in each record's lengths; one that would train on nothing becomes a fault. Raises ModelError."""
    for done, record in enumerate(records):
        if done % every == 0:
            yield {"kind": "progress", "done": done, "total": len(records), "text": "rows"}
        _count(record, tokenizer, max_length)
    yield {"kind": "progress", "done": len(records), "total": len(records), "text": "rows"}


def summary(records: list[Record], max_length: int) -> dict[str, Any]:
    """Totals, and the distribution of lengths in tokens before the cut."""
    lengths = sorted(record.tokens for record in records)
    total, trained = (sum(min(n, max_length) for n in lengths), sum(record.trained for record in records))
    return {
        "examples": len(records),
        "total": total,
        "trained": trained,
        "trained_share": trained / total if total else None,
        "p50": _quantile(lengths, 0.5),
        "p95": _quantile(lengths, 0.95),
        "max": lengths[-1] if lengths else None,
        "truncated": sum(record.truncated for record in records),
        "max_length": max_length,
    }


def _count(record: Record, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> None:
    from luthier.models.chat import encode

    whole = encode(tokenizer, record.messages, WHOLE)
    seen = whole._replace(labels=whole.labels[:max_length])
    record.tokens, record.trained = len(whole.input_ids), seen.trained
    record.truncated = record.tokens > max_length
    if not record.trained:
        what = f"nothing to learn: the answer begins after token {max_length} of {record.tokens}"
        why = "Longer rows are cut, and this cut leaves the question only"
        record.fault = Fault(
            "nothing_to_learn", what, why, "Shorten the question, raise training.max_length", "messages"
        )


def _quantile(ordered: list[int], share: float) -> int | None:
    """Nearest rank: the smallest length that at least this share of rows does not exceed."""
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(rank, 1) - 1] if ordered else None
