"""A split as tokens on disk. Training maps the file into memory, so what it holds does not grow with the data.

`<split>.arrow` has the columns row (its number), id, input_ids and labels; `<split>.seal`, written last, is a hash of
that file and of all that it was made of.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from luthier.models.chat import Encoded
from luthier.storage import atomic_path, sha256_file, sha256_json, write_text

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

VERSION = 2
"""Raise it when the same conversation would become other tokens or labels."""


def token_key(split: Path, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> str:
    """Hash of all that decides a split's tokens: rows, tokenizer, chat template, where they are cut, and the code."""
    import tokenizers
    import transformers

    code = [VERSION, transformers.__version__, tokenizers.__version__]
    template = [tokenizer.chat_template, str(tokenizer.special_tokens_map)]
    return sha256_json([code, sha256_file(split), _vocabulary(tokenizer), template, max_length])


def is_intact(target: Path, key: str) -> bool:
    """Whether `target` is complete, was made of what `key` says, and has not changed since."""
    seal = target.with_suffix(".seal")
    return target.exists() and seal.exists() and seal.read_bytes() == _seal(target, key).encode()


def write_tokens(target: Path, key: str, batches: Iterable[Sequence[tuple[str, Encoded]]]) -> None:
    """Write examples, each with its row's id; only one batch at a time is in memory."""
    import pyarrow as pa

    numbers = pa.list_(pa.int32())
    schema = pa.schema([("row", pa.int64()), ("id", pa.string()), ("input_ids", numbers), ("labels", numbers)])
    written = 0
    with atomic_path(target) as temporary, pa.ipc.new_stream(str(temporary), schema) as out:
        for batch in batches:
            out.write_batch(pa.record_batch(_columns(batch, first=written), schema=schema))
            written += len(batch)
    write_text(target.with_suffix(".seal"), _seal(target, key))


def open_tokens(target: Path) -> "Dataset":
    """The examples {row, id, input_ids, labels}, memory-mapped."""
    from datasets import Dataset

    return Dataset.from_file(str(target))


def _columns(batch: Sequence[tuple[str, Encoded]], first: int) -> list[Any]:
    import pyarrow as pa

    encoded = [example for _, example in batch]
    rows = np.arange(first, first + len(batch))
    return [
        pa.array(rows),
        pa.array([row_id for row_id, _ in batch]),
        int_lists([example.input_ids for example in encoded]),
        int_lists([example.labels for example in encoded]),
    ]


def int_lists(sequences: list[Any]) -> Any:
    """An Arrow array of int32 lists, without a Python object for each number on the way."""
    import pyarrow as pa

    ends = np.cumsum([0, *map(len, sequences)], dtype=np.int32)
    values = np.concatenate([np.asarray(sequence, dtype=np.int32) for sequence in sequences])
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(values))


def _seal(target: Path, key: str) -> str:
    return sha256_json([key, sha256_file(target)])


def _vocabulary(tokenizer: "PreTrainedTokenizerBase") -> dict[str, Any]:
    """The tokenizer as its file would say it, but for what each call sets anew."""
    told = orjson.loads(tokenizer.backend_tokenizer.to_str())  # type: ignore[attr-defined]
    return {key: value for key, value in told.items() if key not in ("truncation", "padding")}
