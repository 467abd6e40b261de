"""Rows as examples, and the order of training."""

from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_runs import make_run, row

from luthier.errors import Problems
from luthier.models.base import load_tokenizer
from luthier.rows import Rows
from luthier.training import dataset
from luthier.training.dataset import as_dataset, encode_rows, lengths, load_split, order, total_steps

PLANS = st.builds(
    SimpleNamespace,
    seed=st.integers(0, 99),
    epochs=st.floats(0.1, 4),
    batch_size=st.integers(1, 9),
    max_steps=st.none() | st.integers(1, 40),
)


@given(rows=st.integers(1, 60), plan=PLANS)
def test_order_fills_the_steps_and_is_fair(rows, plan):
    sequence, steps = order(rows, plan), total_steps(rows, plan)
    assert steps == -(-len(sequence) // plan.batch_size)
    assert not plan.max_steps or steps <= plan.max_steps
    seen = Counter(sequence)
    assert max(seen.values()) - min(seen[number] for number in range(rows)) <= 1
    assert sequence == order(rows, plan)


def test_each_epoch_is_shuffled_anew():
    plan = SimpleNamespace(seed=1, epochs=2, batch_size=4, max_steps=None)
    sequence = order(40, plan)
    assert sorted(sequence[:40]) == sorted(sequence[40:]) == list(range(40))
    assert sequence[:40] != sequence[40:] and sequence[:40] != list(range(40))
    assert sequence != order(40, SimpleNamespace(**{**vars(plan), "seed": 2}))


def test_a_row_that_would_train_on_nothing_is_refused(tiny_model):
    long = row(7)
    long["messages"][0]["content"] = "x" * 600
    with pytest.raises(Problems, match="row 7: nothing to learn") as caught:
        encode_rows([row(1), long], load_tokenizer(tiny_model), 512)
    assert caught.value.exit_code == 2 and len(caught.value.problems) == 1


def test_a_split_is_tokenised_once_and_again_when_its_file_is_torn(tiny_model, tmp_path, monkeypatch):
    run, tokenizer = make_run(tmp_path / "run"), load_tokenizer(tiny_model)
    first = load_split(run, "train", tokenizer, 512).to_list()
    assert first == as_dataset(encode_rows(list(Rows(run.split("train"))), tokenizer, 512)).to_list()
    with monkeypatch.context() as patch:
        patch.delattr(dataset, "encode_rows")  # whoever tokenises now fails
        assert load_split(run, "train", tokenizer, 512).to_list() == first
        with pytest.raises(NameError):
            load_split(run, "train", tokenizer, 40)
    run.tokens("train").write_bytes(b"torn")
    assert load_split(run, "train", tokenizer, 512).to_list() == first


def test_a_refused_split_leaves_no_tokens(tiny_model, tmp_path):
    run = make_run(tmp_path / "run")
    with pytest.raises(Problems):
        load_split(run, "train", load_tokenizer(tiny_model), 20)
    assert not list(run.tokens("train").parent.iterdir())


def test_lengths_are_those_of_the_examples(tiny_model, tmp_path):
    examples = load_split(make_run(tmp_path / "run", rows=1200), "train", load_tokenizer(tiny_model), 512)
    assert lengths(examples).tolist() == [len(ids) for ids in examples["input_ids"]]
