"""One file has one layout; a row of another is told which."""

import pytest

PAIR = {"prompt": "Hi", "completion": "Hello"}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"question": "Hi", "answer": "Hello"}, "question_answer"),
        ({"instruction": "Hi", "output": "Hello"}, "alpaca"),
        ({"messages": []}, "messages"),
        ({"training_pairs": []}, "conversation_factory"),
    ],
)
def test_the_other_layout_is_named(take, row, name):
    found = take([PAIR, PAIR, row])
    assert found.layout.format.name == "prompt_completion"
    (fault,) = found.faults
    assert fault == (
        f'data.jsonl:3: missing "prompt". Each row needs it to learn from; this one has: {", ".join(row)}. '
        f"This row is in the layout {name}; give such rows a file of their own (data.more), "
        "or set data.on_bad_rows: quarantine."
    )


def test_files_of_data_more_have_formats_of_their_own(tmp_path, take):
    from luthier.data.formats.assemble import conversations
    from luthier.data.reading.sources import sources
    from luthier.data_spec import DataSpec

    take([{"q": "Hi", "a": "Hello"}], "more.jsonl", columns={"question": "q", "answer": "a"})
    more = [{"path": tmp_path / "more.jsonl", "columns": {"question": "q", "answer": "a"}}]
    data = DataSpec.model_validate({"path": tmp_path / "x.jsonl", "format": "messages", "more": more})
    (tmp_path / "x.jsonl").write_text("{}")
    layout, rows = conversations(sources(data, tmp_path)[1], data)
    assert layout.format.name == "question_answer" and not list(rows)[0].fault


def test_what_is_read_is_not_held(take, tmp_path):
    """Rows come as they are asked for."""
    from luthier.data.formats.assemble import assembled
    from luthier.data.reading.source import Source
    from luthier.data.record import Record
    from luthier.data_spec import DataSpec

    read = 0

    def rows():
        nonlocal read
        while True:
            read += 1
            yield Record(read, b"", dict(PAIR))

    path = tmp_path / "endless.jsonl"
    _, found = assembled(Source(path), rows(), DataSpec(path=path))
    for _ in range(500):
        assert not next(found).fault
    assert read == 500
