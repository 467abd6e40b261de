"""Batched answers are the answers one would get one by one."""

import pytest
import torch
from evaluation_run import row
from hypothesis import given
from hypothesis import strategies as st

from luthier.evaluation.batches import by_length, left_padded
from luthier.evaluation.generate import greedy
from luthier.evaluation.prefix import SharedPrefix
from luthier.models.chat import prompt_ids


@pytest.fixture(scope="module")
def prompts(loaded):
    rows = [row("question", number) for number in range(9)]
    return [prompt_ids(loaded.tokenizer, item["messages"][:-1], loaded.room) for item in rows]


@torch.inference_mode()
def one_by_one(loaded, prompt: list[int]) -> list[int]:
    """The plainest greedy search: no batch, no cache, no library."""
    written: list[int] = []
    while len(written) < loaded.max_new_tokens:
        token = int(loaded.model(input_ids=torch.tensor([prompt + written])).logits[0, -1].argmax())
        if token in loaded.stops:
            break
        written.append(token)
    return written


def test_a_batch_with_a_shared_prefix_equals_one_by_one(loaded, prompts):
    prefix = SharedPrefix(loaded.model, prompts)
    assert prefix.length > 10
    assert len({len(prompt) for prompt in prompts}) > 1
    assert greedy(loaded, prompts, prefix) == [one_by_one(loaded, prompt) for prompt in prompts]


def test_a_batch_without_a_shared_prefix_equals_one_by_one(loaded, prompts):
    strangers = [prompt[place:] for place, prompt in enumerate(prompts)]
    prefix = SharedPrefix(loaded.model, strangers)
    assert prefix.length == 0
    assert greedy(loaded, strangers, prefix) == [one_by_one(loaded, prompt) for prompt in strangers]


def test_an_answer_ends_before_its_stop_token(loaded, prompts):
    usual = one_by_one(loaded, prompts[0])
    stopping = loaded._replace(stops=[usual[3]])
    expected = usual[: usual.index(usual[3])]
    assert greedy(stopping, prompts[:2], SharedPrefix(loaded.model, prompts))[0] == expected


def test_the_prefix_leaves_each_row_a_token_of_its_own(loaded):
    assert SharedPrefix(loaded.model, [[5, 6, 7]] * 3).ids == [5, 6]
    assert SharedPrefix(loaded.model, [[5, 6, 7], [5]]).ids == []


@given(st.lists(st.integers(1, 300), max_size=50), st.integers(1, 1000))
def test_batches_hold_every_row_once_within_the_budget(lengths, budget):
    batches = by_length(lengths, budget)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= budget


def test_padding_stands_on_the_left():
    ids, mask = left_padded([[1, 2, 3], [4]], 0, torch.device("cpu"))
    assert ids.tolist() == [[1, 2, 3], [0, 0, 4]]
    assert mask.tolist() == [[1, 1, 1], [0, 0, 1]]
