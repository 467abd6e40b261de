"""Rows with a rejected answer, made ready: its tokens, and by how much the base prefers the chosen one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luthier.errors import DataError, LuthierError, Problems
from luthier.models.token_file import is_intact, open_tokens, token_key, write_tokens
from luthier.rows import Row, rejected_answer, row_batches
from luthier.run_folder import RunFolder
from luthier.storage import read_json, sha256_json, write_json
from luthier.training.dataset import SHOWN, encode_rows

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

REJECTED = "rejected"


def with_rejected(
    examples: "Dataset", run: RunFolder, name: str, tokenizer: "PreTrainedTokenizerBase", max_length: int
) -> "Dataset":
    """The examples of a split with {rejected_ids, rejected_labels}, tokenised as `load_split` does.

    Raises Problems where a row has no rejected answer.
    """
    from datasets import concatenate_datasets

    split = run.split(name)
    target, key = run.tokens(f"{name}-{REJECTED}"), sha256_json([REJECTED, token_key(split, tokenizer, max_length)])
    if not is_intact(target, key):
        batches = (encode_rows(_rejected(rows), tokenizer, max_length) for rows in row_batches(split))
        write_tokens(target, key, batches)
    theirs = open_tokens(target).select_columns(["input_ids", "labels"])
    theirs = theirs.rename_columns({"input_ids": "rejected_ids", "labels": "rejected_labels"})
    return concatenate_datasets([examples, theirs], axis=1)


def refuse_unpaired(rows: list[Row]) -> None:
    """Raises Problems where a row has no rejected answer in the place of its last one."""
    lacking = [row["id"] for row in rows if rejected_answer(row) is None]
    if lacking:
        what = "no rejected answer that takes the place of the last chosen one"
        problems: list[LuthierError] = [DataError(what, "", "", f"row {row}") for row in lacking[:SHOWN]]
        fix = (
            "Give each row a chosen and a rejected answer to one prompt, or set training.loss: cross_entropy, and "
            "leave metric preferred out."
        )
        raise Problems(f"{len(lacking)} row{'s' * (len(lacking) > 1)} cannot be compared", problems, fix)


def _rejected(rows: list[Row]) -> list[Row]:
    """Each conversation with its rejected answer in place of the chosen one."""
    refuse_unpaired(rows)
    return [
        {**row, "messages": [*row["messages"][:-1], {"role": "assistant", "content": rejected_answer(row) or ""}]}
        for row in rows
    ]


def with_margins(examples: "Dataset", kept: Path, key: dict[str, Any], ask: Callable[[], list[float]]) -> "Dataset":
    """The examples with {margin}, in nats; `ask` tells it of each. It is asked once: the answers are kept in a file.

    key: all that the answers depend on.
    """
    known = read_json(kept) if kept.exists() else {}
    if known.get("key") != key:
        known = {"key": key, "margins": ask()}
        write_json(kept, known)
    return examples.add_column("margin", known["margins"])  # type: ignore[call-arg]
