import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.storage import append_jsonl, atomic_path, read_json, read_jsonl, sha256_json, write_json, write_jsonl

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.json"
    write_json(target, {"old": 1})
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(target) == {"old": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_nan_becomes_null(tmp_path):
    write_json(tmp_path / "a.json", {"value": math.nan, "other": math.inf})
    assert read_json(tmp_path / "a.json") == {"value": None, "other": None}


@given(st.lists(JSON, max_size=5))
def test_lines_read_back_and_a_torn_last_one_is_left_out(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("jsonl") / "rows.jsonl"
    write_jsonl(path, rows)
    with path.open("ab") as file:
        file.write(b'{"torn": ')
    assert read_jsonl(path) == rows


def test_append(tmp_path):
    path = tmp_path / "rows.jsonl"
    for number in range(3):
        append_jsonl(path, {"n": number})
    assert [row["n"] for row in read_jsonl(path)] == [0, 1, 2]


@pytest.mark.parametrize("torn", [b'{"torn": ', b'{"n": 0}\n{"torn": ', b'{"n": 0}\n'])
def test_appending_after_a_torn_line(tmp_path, torn):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(torn)
    append_jsonl(path, {"n": 1})
    assert read_jsonl(path) == [{"n": 0}] * torn.count(b"\n") + [{"n": 1}]


@given(st.dictionaries(st.text("abc"), st.integers(0, 9), max_size=4))
def test_hash_ignores_the_order_of_keys(value):
    assert sha256_json(value) == sha256_json(dict(reversed(value.items())))
