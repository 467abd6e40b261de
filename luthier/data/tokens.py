"""What the model will see of each row: tokens, how many of them it learns, what is cut off."""

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luthier.data.record import Fault, Record
from luthier.events import Event
from luthier.rows import Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from luthier.models.chat import Encoded

WHOLE = 1 << 30
"""No cut, so that a row's true length is known."""


def count_tokens(
    records: list[Record], tokenizer: "PreTrainedTokenizerBase", max_length: int, every: int = 200
) -> Iterator[Event]:
    """Fill in each record's lengths; one that would train on nothing becomes a fault. Raises ModelError."""
    from luthier.models.chat import encode_all

    for done in range(0, len(records), every):
        yield {"kind": "progress", "done": done, "total": len(records), "text": "rows"}
        batch = records[done : done + every]
        for record, whole in zip(batch, encode_all(tokenizer, [each.messages for each in batch], WHOLE), strict=True):
            _count(record, whole, max_length)
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


def write_split(
    target: Path, split: Path, rows: list[Row], records: list[Record],
    tokenizer: "PreTrainedTokenizerBase", max_length: int,
) -> None:  # fmt: skip
    """Keep the tokens of `rows`, which stand in the file `split`, for the training; each is one of `records`."""
    from luthier.models.token_file import token_key, write_tokens

    encoded = {str(record.number): record.encoded for record in records if record.encoded}
    examples = [(row["id"], encoded[row["id"]]) for row in rows]
    write_tokens(target, token_key(split, tokenizer, max_length), [examples] if examples else [])


def _count(record: Record, whole: "Encoded", max_length: int) -> None:
    record.tokens, record.truncated = len(whole.input_ids), len(whole.input_ids) > max_length
    ids, labels = (array("i", numbers[:max_length]) for numbers in (whole.input_ids, whole.labels))
    record.encoded = whole._replace(input_ids=ids, labels=labels, truncated=record.truncated)
    record.trained = record.encoded.trained
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
