"""The tree of segments holds every example, and each token sees just what it saw in its own example."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from luthier.training.layout import WORTH_SHARING, Layout, Segment, grow

TOKENS = st.lists(st.integers(0, 2), min_size=1, max_size=30)


@st.composite
def families(draw) -> list[np.ndarray]:
    """Examples of which some begin with a beginning of another one."""
    examples = [draw(TOKENS)]
    for _ in range(draw(st.integers(0, 6))):
        other = examples[draw(st.integers(0, len(examples) - 1))]
        examples.append(other[: draw(st.integers(0, len(other)))] + draw(TOKENS))
    return [np.array(example) for example in examples]


@given(families(), st.booleans())
def test_paths_spell_the_examples(examples, share):
    segments, paths = grow(examples, share)
    for example, path in zip(examples, paths, strict=True):
        spelt = [examples[segments[n].example][segments[n].start : segments[n].end] for n in path]
        assert np.concatenate(spelt).tolist() == example.tolist()
        assert all(segments[number].parents == tuple(path[:depth]) for depth, number in enumerate(path))


@given(families())
def test_every_shared_segment_is_worth_it(examples):
    segments, paths = grow(examples, share=True)
    for number, segment in enumerate(segments):
        runs_through = sum(number in path for path in paths)
        saved = (segment.end - segment.start) * (runs_through - 1)
        assert runs_through == 1 or saved >= WORTH_SHARING
    assert [len(path) for path in grow(examples, share=False)[1]] == [1] * len(examples)


def test_a_common_beginning_is_held_once():
    examples = [np.array([7] * 20 + [number] * 5) for number in range(4)]
    segments, _ = grow(examples, share=True)
    assert sorted(s.end - s.start for s in segments) == [5, 5, 5, 5, 20]
    assert Layout(segments).shared and Layout(segments).longest == 25


@pytest.mark.parametrize("window", [None, 3])
def test_mask_shows_the_past_within_the_window(window):
    layout = Layout([Segment(0, 0, 4, ()), Segment(0, 4, 6, (0,))])
    query = torch.zeros(1)
    mask = layout.mask(1, window, query)
    assert (mask == 0).tolist() == [
        [window is None or seen > own - window if seen <= own else False for seen in range(6)] for own in (4, 5)
    ]
    assert (layout.mask(0, window, query) is None) == (window is None)


def test_a_window_that_never_bites_needs_no_mask():
    assert Layout([Segment(0, 0, 4, ())]).mask(0, 4, torch.zeros(1)) is None
