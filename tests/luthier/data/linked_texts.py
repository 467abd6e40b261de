"""Near-duplicates of texts that stand in a list."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from luthier.data.inspection.clusters import Clusterer, Likeness
from luthier.data.inspection.components import first_of
from luthier.data.inspection.near import Links, links_between
from luthier.data.inspection.shingles import ShingleWriter


def near_pairs(texts: Iterable[str]) -> Links:
    with TemporaryDirectory() as folder:
        writer = ShingleWriter(Path(folder, "shingles"))
        for text in texts:
            writer.add(text)
        sets, keys = writer.finish()
        return links_between(sets, first_of(keys), Path(folder))


def clusters(texts: Iterable[str]) -> Likeness:
    with TemporaryDirectory() as folder:
        clusterer = Clusterer(Path(folder))
        for text in texts:
            clusterer.add(text)
        return clusterer.finish()
