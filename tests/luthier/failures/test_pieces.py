"""How a training that ran out of memory is cut smaller, until nothing is left that changes no step."""

from hypothesis import given
from hypothesis import strategies as st

from luthier.failures.pieces import changed, smaller_pieces
from luthier.spec import TrainingSpec
from luthier.training.checkpoints import ROUNDING
from luthier.training.packing import best_fit

tokens = st.integers(1, 100_000)
settled = st.builds(
    TrainingSpec,
    micro_batch_tokens=tokens,
    batch_size=st.integers(1, 64),
    packing=st.booleans(),
    gradient_checkpointing=st.booleans(),
)


def tried(training: TrainingSpec, longest: int) -> list[TrainingSpec]:
    """All that is tried, one after the other."""
    found = [training]
    while change := smaller_pieces(found[-1], longest):
        found.append(changed(found[-1], change))
    return found


@given(settled, tokens)
def test_it_ends_soon_and_nothing_but_the_rounding_changes(training, longest):
    steps = tried(training, longest)
    assert len(steps) <= 19  # of 100,000 tokens 17 halvings
    assert steps[-1].gradient_checkpointing
    for step in steps:
        assert step.model_dump(exclude=ROUNDING) == training.model_dump(exclude=ROUNDING)


@given(tokens, st.lists(st.integers(1, 2000), min_size=1, max_size=64))
def test_the_largest_piece_of_a_step_falls_to_the_longest_row(at_once, rows):
    asked = TrainingSpec(micro_batch_tokens=at_once, batch_size=len(rows), packing=True, gradient_checkpointing=False)
    steps = tried(asked, max(rows))
    pieces = [[sum(rows[row] for row in piece) for piece in best_fit(rows, step.micro_batch_tokens)] for step in steps]
    largest = [max(sizes) for sizes in pieces]
    assert largest == sorted(largest, reverse=True) and largest[-1] == max(rows)
    assert [step.gradient_checkpointing for step in steps] == [False] * (len(steps) - 1) + [True]


def test_halving_begins_at_what_a_step_can_hold():
    training = TrainingSpec(micro_batch_tokens=65_536, batch_size=16, packing=True)
    assert smaller_pieces(training, 40).value == 320


def test_examples_that_go_alone_are_not_cut_but_computed_twice():
    training = TrainingSpec(micro_batch_tokens=4096, batch_size=16, packing=False)
    assert smaller_pieces(training, 40)[:2] == ("training.gradient_checkpointing", True)


def test_where_nothing_was_settled_the_weights_did_not_fit():
    assert smaller_pieces(TrainingSpec(batch_size=16), 40) is None
