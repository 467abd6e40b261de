"""The accepted rows, divided: which row is in which split, with what it has to stay together, how often."""

from typing import TYPE_CHECKING

import numpy as np

from luthier.data.copies import copies
from luthier.data.fields import labels, times_of, values_of
from luthier.data.inspection.groups import groups
from luthier.data.inspection.leakage import seen_in_train
from luthier.data.parts import Parts
from luthier.data.split import divide
from luthier.data.standing import Standing
from luthier.data.store import RowStore
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Division:
    """`sizes`: rows of each split. `seen`: test rows whose texts, or alike ones, are in training."""

    def __init__(self, spec: RunSpec, store: RowStore, standing: Standing):
        assert standing.found is not None
        self.store, self.standing, self.shares = store, standing, spec.data.split
        self.labels_apart = standing.found.answers_are_labels
        kept = standing.kept
        rows = [int(row) for row in standing.sound[kept]]
        group_of = groups(standing.found, kept, _conversations(store, standing, rows))
        by = self.shares.by
        strata = values_of(store, standing, self.shares.stratify) if self.shares.stratify else None
        times = times_of(store, standing) if by == "time" else None
        names = divide(group_of if by != "random" else list(range(len(rows))), self.shares, spec.seed, strata, times)
        self.split = dict(zip(rows, names, strict=True))
        self.seen = seen_in_train(standing.found, *(_members(kept, names, name) for name in ("train", "test")))
        label_of = dict(zip(rows, labels(store, standing), strict=True)) if self._balanced(spec) else None
        training = [row for row in rows if self.split[row] == "train"]
        times_in = copies(training, standing, [label_of[row] for row in training] if label_of else None, spec.seed)
        group = {row: int(standing.sound[first]) for row, first in zip(rows, group_of, strict=True)}
        self.parts = Parts(store, standing, self.split, group, dict(zip(training, times_in, strict=True)))
        self.sizes: dict[str, int] = {}

    def _balanced(self, spec: RunSpec) -> bool:
        return spec.data.balance == "up" and self.labels_apart

    def write(self, run: RunFolder, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> None:
        self.sizes = self.parts.write(run)
        self.parts.write_tokens(run, tokenizer, max_length)


def _conversations(store: RowStore, standing: Standing, rows: list[int]) -> list[int]:
    """For each of these rows the number of its conversation, -1 where it belongs to none."""
    numbers: dict[tuple[str, str], int] = {}
    keys = store.column("group")
    return [
        numbers.setdefault((standing.source(row).name, keys[row]), len(numbers)) if keys[row] else -1 for row in rows
    ]


def _members(kept: np.ndarray, names: list[str], split: str) -> np.ndarray:
    return kept[np.array([name == split for name in names], dtype=bool)]
