"""Tokens on disk: the same examples again, and never those of something else."""

import threading

import pytest

from luthier.models.base import load_tokenizer
from luthier.models.chat import encode_all
from luthier.models.token_file import is_intact, open_tokens, token_key, write_tokens
from luthier.rows import Row, write_rows

ROWS: list[Row] = [
    {
        "id": f"line {number}",
        "group": str(number),
        "messages": [
            {"role": "user", "content": f"How much is {number} times two?"},
            {"role": "assistant", "content": "." * number + str(2 * number)},
        ],
    }
    for number in range(30)
]


@pytest.fixture
def tokenizer(tiny_model):
    return load_tokenizer(tiny_model)


@pytest.fixture
def split(tmp_path):
    write_rows(tmp_path / "train.parquet", ROWS)
    return tmp_path / "train.parquet"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "tokens" / "train.arrow"


def encoded(tokenizer):
    return encode_all(tokenizer, [row["messages"] for row in ROWS], 100)


def write(target, split, tokenizer, batch: int = 7) -> str:
    """Write ROWS' tokens in batches; returns their key."""
    key = token_key(split, tokenizer, 100)
    examples = list(zip([row["id"] for row in ROWS], encoded(tokenizer), strict=True))
    write_tokens(target, key, (examples[start : start + batch] for start in range(0, len(examples), batch)))
    return key


def test_the_same_examples_come_back(target, split, tokenizer):
    key = write(target, split, tokenizer)
    assert is_intact(target, key)
    examples = open_tokens(target)
    assert examples["row"][:] == list(range(30)) and examples["id"][:] == [row["id"] for row in ROWS]
    for example, wanted in zip(examples, encoded(tokenizer), strict=True):
        assert (example["input_ids"], example["labels"]) == (wanted.input_ids, wanted.labels)
    shuffled = examples.select([29, 3, 3])
    assert [example["row"] for example in shuffled] == [29, 3, 3]


def test_no_rows(target, split, tokenizer):
    write_tokens(target, "key", [])
    assert is_intact(target, "key") and len(open_tokens(target)) == 0


def test_changed_and_torn_files_are_noticed(target, split, tokenizer):
    key = write(target, split, tokenizer)
    whole = target.read_bytes()
    target.write_bytes(whole[: len(whole) // 2])
    assert not is_intact(target, key)
    middle = len(whole) // 2
    target.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert not is_intact(target, key)
    target.write_bytes(whole)
    assert is_intact(target, key)
    target.with_suffix(".seal").write_bytes(b"\xff")
    assert not is_intact(target, key)
    target.with_suffix(".seal").unlink()
    assert not is_intact(target, key)
    write(target, split, tokenizer)
    target.unlink()
    assert not is_intact(target, key)


def test_other_rows_tokenizers_templates_and_lengths_are_other_tokens(split, tokenizer, tmp_path):
    key = token_key(split, tokenizer, 100)
    tokenizer(["a call that pads"], padding=True, truncation=True, max_length=4)
    assert token_key(split, tokenizer, 100) == key
    assert token_key(split, tokenizer, 101) != key
    write_rows(tmp_path / "fewer.parquet", ROWS[:-1])
    assert token_key(tmp_path / "fewer.parquet", tokenizer, 100) != key
    tokenizer.chat_template += " "
    assert token_key(split, tokenizer, 100) != key
    tokenizer.chat_template = tokenizer.chat_template[:-1]
    assert token_key(split, tokenizer, 100) == key
    tokenizer.add_tokens(["times two"])
    assert token_key(split, tokenizer, 100) != key


def test_two_writers_at_once_leave_whole_tokens(target, split, tokenizer):
    writers = [threading.Thread(target=write, args=(target, split, tokenizer, 1)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert is_intact(target, token_key(split, tokenizer, 100)) and len(open_tokens(target)) == 30
    assert sorted(path.name for path in target.parent.iterdir()) == ["train.arrow", "train.seal"]
