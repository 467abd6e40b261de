"""What the model will see of each row: tokens, how many of them it learns, what is cut off."""

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from luthier.data.record import Fault, Record

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from luthier.models.chat import Encoded

WHOLE = 1 << 30
"""No cut, so that a row's true length is known."""


def count_tokens(records: Sequence[Record], tokenizer: "PreTrainedTokenizerBase", max_length: int) -> None:
    """Fill in each record's lengths; one that would train on nothing becomes a fault. Raises ModelError."""
    from luthier.models.chat import encode_all

    lasts = [each.last_only for each in records]
    encoded = encode_all(tokenizer, [each.messages for each in records], WHOLE, lasts)
    for record, whole in zip(records, encoded, strict=True):
        _count(record, whole, max_length)


def summary(lengths: np.ndarray, trained: np.ndarray, max_length: int) -> dict[str, Any]:
    """Totals, and the distribution of lengths in tokens before the cut. Both arrays: int, one number a row."""
    ordered = np.sort(lengths)
    total, learned = int(np.minimum(ordered, max_length).sum()), int(trained.sum())
    return {
        "examples": len(ordered),
        "total": total,
        "trained": learned,
        "trained_share": learned / total if total else None,
        "p50": _quantile(ordered, 0.5),
        "p95": _quantile(ordered, 0.95),
        "max": int(ordered[-1]) if len(ordered) else None,
        "truncated": int((ordered > max_length).sum()),
        "truncated_tokens": int(np.maximum(ordered - max_length, 0).sum()),
        "max_length": max_length,
        "histogram": _histogram(ordered),
    }


def _histogram(ordered: np.ndarray, bins: int = 20) -> list[dict[str, int]]:
    """Rows by length, from the shortest to the longest of 99 in 100; the last bin holds the rest."""
    if not len(ordered):
        return []
    top = max(int(ordered[int(0.99 * (len(ordered) - 1))]), int(ordered[0]) + 1)
    edges = np.unique(np.linspace(ordered[0], top, bins + 1).astype(int))
    edges[-1] = ordered[-1] + 1
    counts, _ = np.histogram(ordered, edges)
    return [
        {"from": int(since), "to": int(until) - 1, "rows": int(rows)}
        for since, until, rows in zip(edges, edges[1:], counts, strict=False)
    ]


def _count(record: Record, whole: "Encoded", max_length: int) -> None:
    record.tokens, record.truncated = len(whole.input_ids), len(whole.input_ids) > max_length
    record.answers = whole.answers
    ids, labels = (array("i", numbers[:max_length]) for numbers in (whole.input_ids, whole.labels))
    record.encoded = whole._replace(input_ids=ids, labels=labels, truncated=record.truncated)
    record.trained = record.encoded.trained
    if not record.trained:
        what = f"nothing to learn: the answer begins after token {max_length} of {record.tokens}"
        why = "Longer rows are cut, and this cut leaves the question only"
        record.fault = Fault(
            "nothing_to_learn", what, why, "Shorten the question, raise training.max_length", "messages"
        )


def _quantile(ordered: np.ndarray, share: float) -> int | None:
    """Nearest rank: the smallest length that at least this share of rows does not exceed."""
    rank = -int(-share * len(ordered) // 1)
    return int(ordered[max(rank, 1) - 1]) if len(ordered) else None
