"""Rows with a rejected answer, and its tokens."""

from typing import TYPE_CHECKING

from luthier.errors import DataError, LuthierError, Problems
from luthier.models.token_file import is_intact, open_tokens, token_key, write_tokens
from luthier.rows import Row, rejected_answer, row_batches
from luthier.run_folder import RunFolder
from luthier.storage import sha256_json
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
