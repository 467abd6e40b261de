"""Decisions read from the log alone."""

from hypothesis import given
from hypothesis import strategies as st

from luthier.training.history import best_look, chain, exhausted, last_train_loss, samples_seen


def log(*losses: float) -> list[dict]:
    return [{"step": step, "eval_loss": loss} for step, loss in enumerate(losses, start=1)]


def test_best_is_the_earliest_of_equals():
    assert best_look(log(3, 2, 2.5, 2)) == (2, 2)
    assert best_look([]) is None


def test_patience_counts_looks_since_the_best():
    assert not exhausted(log(3, 2, 2.5), 2) and exhausted(log(3, 2, 2.5, 2), 2)
    assert not exhausted(log(1, 2, 3, 4), None) and not exhausted([], 1)


@given(st.lists(st.floats(0, 10), max_size=12), st.integers(1, 4))
def test_once_exhausted_every_shorter_patience_is_too(losses, patience):
    assert not exhausted(log(*losses), patience + 1) or exhausted(log(*losses), patience)


def test_chain_depends_on_the_order_only():
    assert chain(chain("", ["a"]), ["b"]) != chain(chain("", ["b"]), ["a"])
    entries = [{"step": 1, "loss": 2.0, "samples": "x"}, {"step": 2, "loss": 1.0, "samples": "y"}, *log(3)]
    assert samples_seen(entries) == "y" and last_train_loss(entries) == 1.0
