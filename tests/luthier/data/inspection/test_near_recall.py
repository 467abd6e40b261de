"""Near-duplicates against the truth, counted for all pairs on Python's own sets."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linked_texts import clusters, near_pairs
from planted_rows import Writer

from luthier.data.inspection import near
from luthier.data.inspection.boilerplate import BOILERPLATE, FEWEST
from luthier.data.inspection.duplicates import inspect
from luthier.data.inspection.near import RELATED, SAME
from luthier.data.inspection.shingles import SHINGLE, shingle_hashes

ROWS = 3000


def pieces(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[at : at + SHINGLE] for at in range(max(1, len(padded) - SHINGLE + 1))}


def truth(texts: list[str]) -> np.ndarray:
    """The Jaccard index of all pairs."""
    from scipy.sparse import csr_array

    numbers: dict[str, int] = {}
    sets = [{numbers.setdefault(piece, len(numbers)) for piece in pieces(text)} for text in texts]
    spread = np.bincount([piece for each in sets for piece in each])
    limit = max(FEWEST, BOILERPLATE * len(texts))
    sets = [{piece for piece in each if spread[piece] <= limit} or each for each in sets]
    columns = [piece for each in sets for piece in each]
    starts = np.cumsum([0, *map(len, sets)])
    there = csr_array((np.ones(len(columns), np.int32), columns, starts), shape=(len(texts), len(numbers)))
    common = (there @ there.T).toarray()
    sizes = np.diff(starts)
    return common / (sizes[:, None] + sizes[None, :] - common)


@pytest.fixture(scope="module")
def planted() -> list[str]:
    writer = Writer(5)
    texts = []
    for _ in range(ROWS // 3):
        text = writer.text(writer.random.choice((6, 12, 30, 60)))
        texts += [text, writer.changed(text, writer.random.choice((0.02, 0.05, 0.1, 0.15))), writer.changed(text, 0.03)]
    return list(dict.fromkeys(texts))


def test_nearly_all_pairs_are_found_and_each_is_counted_exactly(planted):
    likeness = truth(planted)
    found = clusters(planted)
    one, other = np.triu_indices(len(planted), 1)
    alike = likeness[one, other]
    for low, high in pairwise((0.8, 0.85, 0.9, 1.01)):
        level = (alike >= low) & (alike < high)
        assert level.sum() > 100
        assert (found.same[one[level]] == found.same[other[level]]).mean() >= 0.98
    related = alike >= RELATED
    assert (found.related[one[related]] == found.related[other[related]]).mean() >= 0.97
    links = near_pairs(planted)
    assert links.likeness.min() >= RELATED and (links.one < links.other).all()
    assert len(set(zip(links.one.tolist(), links.other.tolist(), strict=True))) == len(links.one)
    assert np.allclose(links.likeness, likeness[links.one, links.other])


def test_no_files_are_left(planted, tmp_path):
    assert len(inspect(([("", text)] for text in planted), tmp_path).answers.same) == len(planted)
    assert not list(tmp_path.iterdir())


def test_clusters_are_the_chains_of_links(planted):
    links = near_pairs(planted)
    found = clusters(planted)
    for clusters_, least in ((found.same, SAME), (found.related, RELATED)):
        chosen = links.likeness >= least
        assert (clusters_[links.one[chosen]] == clusters_[links.other[chosen]]).all()
    assert len(np.unique(found.same)) > len(np.unique(found.related)) > 100


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from("abcß語 \0\ud800"), max_size=12), max_size=40))
def test_any_texts(texts):
    found = clusters(texts)
    first = {text: texts.index(text) for text in texts}
    assert found.equal.tolist() == [first[text] for text in texts]
    for each in found:
        assert all(each[cluster] == cluster and cluster <= place for place, cluster in enumerate(each))
    for finer, coarser in pairwise(found):
        assert (coarser[finer] == coarser).all(), "a cluster is torn apart by a lower bar"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=20))
def test_hashes_tell_pieces_as_sets_do(texts):
    hashes, counts = shingle_hashes(texts)
    assert counts.tolist() == [len(pieces(f"{text}\0\0"[: max(2, len(text))])) for text in texts] or "\0" in "".join(
        texts
    )
    starts = np.cumsum([0, *counts])
    own = [set(hashes[low:high].tolist()) for low, high in pairwise(starts)]
    for one, mine in zip(texts, own, strict=True):
        for other, theirs in zip(texts, own, strict=True):
            assert len(mine & theirs) == len(pieces(one) & pieces(other))


def verified(texts: list[str], monkeypatch) -> int:
    """Pairs that are looked at closely."""
    counts = []
    exact = near.jaccard
    monkeypatch.setattr(near, "jaccard", lambda sets, one, other: counts.append(len(one)) or exact(sets, one, other))
    near_pairs(texts)
    monkeypatch.undo()
    return sum(counts)


@pytest.mark.parametrize("kind", ["variants", "unlike", "half alike"])
def test_work_grows_as_the_number_of_texts(kind, monkeypatch):
    writer = Writer(9)
    base = writer.text(60)
    make = {
        "variants": lambda: f"{base} {writer.text(2)}",
        "unlike": lambda: writer.text(60),
        "half alike": lambda: writer.changed(base, 0.08),
    }[kind]
    texts = [writer.text(60) if row % 4 else make() for row in range(4000)]  # above 30 % they would be boilerplate
    few, many = verified(texts[:1000], monkeypatch), verified(texts, monkeypatch)
    assert many <= near.NEIGHBOURS * 32 * len(texts)
    assert many <= 7 * few + 100, "all pairs would be sixteen times as many"
