"""The accepted rows and their split on disk."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from luthier.data.split import SPLITS
from luthier.data.standing import Standing
from luthier.data.store import RowStore
from luthier.rows import Row, row_writer
from luthier.run_folder import RunFolder

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from luthier.models.chat import Encoded

TOKENISED = ("train", "validation")


class Parts:
    """`split` names the split of each accepted row (by its number in the store), `times` how often it is in it."""

    def __init__(
        self, store: RowStore, standing: Standing, split: Mapping[int, str], group: Mapping[int, int],
        times: Mapping[int, int],
    ):  # fmt: skip
        self.store, self.standing, self.split, self.group, self.times = store, standing, split, group, times

    def write(self, run: RunFolder) -> dict[str, int]:
        """accepted.parquet and a file a split. Returns the rows of each split."""
        sizes = dict.fromkeys(SPLITS, 0)
        with ExitStack() as files:
            accepted = files.enter_context(row_writer(run.accepted))
            outs = {name: files.enter_context(row_writer(run.split(name))) for name in SPLITS}
            for rows in self._rows("messages", "meta", "last_only"):
                accepted([self._row(row, entry) for row, entry in rows])
                for name, write in outs.items():
                    part = [self._row(row, entry, copy) for row, entry, copy in self._of(name, rows)]
                    write(part)
                    sizes[name] += len(part)
        return sizes

    def write_tokens(self, run: RunFolder, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> None:
        """Keep the tokens of the training and validation rows beside their files."""
        from luthier.models.token_file import token_key, write_tokens

        for name in TOKENISED:
            key = token_key(run.split(name), tokenizer, max_length)
            write_tokens(run.tokens(name), key, self._tokens(name))

    def _tokens(self, name: str) -> Iterator[Sequence[tuple[str, "Encoded"]]]:
        from luthier.models.chat import Encoded

        for rows in self._rows("input_ids", "labels", "truncated"):
            batch = [
                (_copied(self.standing.id(row), copy), Encoded(entry["input_ids"], entry["labels"], entry["truncated"]))
                for row, entry, copy in self._of(name, rows)
            ]
            if batch:
                yield batch

    def _rows(self, *columns: str) -> Iterator[list[tuple[int, dict[str, Any]]]]:
        """The accepted rows, a batch at a time."""
        for first, batch in self.store.batches(*columns):
            entries = enumerate(batch.to_pylist(), start=first)
            yield [(row, entry) for row, entry in entries if self.standing.accepted[row]]

    def _of(self, name: str, rows: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, dict[str, Any], int]]:
        for row, entry in rows:
            if self.split[row] == name:
                for copy in range(self.times.get(row, 1)):
                    yield row, entry, copy

    def _row(self, row: int, entry: dict[str, Any], copy: int = 0) -> Row:
        name, group = _copied(self.standing.id(row), copy), self.standing.id(self.group[row])
        return {
            "id": name,
            "group": group,
            "messages": entry["messages"],
            "meta": entry["meta"],
            "last_only": entry["last_only"],
        }


def _copied(name: str, copy: int) -> str:
    """Ids of a file are its own: the second copy of row 47 is `47#2`."""
    return f"{name}#{copy + 1}" if copy else name
