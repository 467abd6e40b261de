"""Texts that belong together."""

from pathlib import Path
from typing import NamedTuple

from luthier.data.inspection.components import first_of, joined
from luthier.data.inspection.near import SAME, links_between
from luthier.data.inspection.shingles import Array, ShingleWriter


class Likeness(NamedTuple):
    """For each text the first text of its cluster: of those that are equal, repeat each other, are related."""

    equal: Array
    same: Array
    related: Array


class Clusterer:
    """Takes texts one by one, so that none has to be kept; `folder` holds its files, named after `name`."""

    def __init__(self, folder: Path, name: str = "texts"):
        self.folder = folder
        self.writer = ShingleWriter(folder / name)

    def add(self, text: str, key: bytes = b"") -> None:
        """`key`: of a text that is told in part, the key of all of it."""
        self.writer.add(text, key)

    def finish(self) -> Likeness:
        sets, keys = self.writer.finish()
        equal = first_of(keys)
        links = links_between(sets, equal, self.folder)
        same = links.likeness >= SAME
        return Likeness(equal, joined(equal, links.one[same], links.other[same]), joined(equal, links.one, links.other))
