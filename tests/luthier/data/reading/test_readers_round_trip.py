"""Any text in any file format comes back as it was, in any layout of a row."""

import csv
import io
import tempfile
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from luthier.data.formats.detect import detect
from luthier.data.formats.normalise import normalise
from luthier.data.reading.read import read
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.data_spec import DataSpec

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)
PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6)
NASTY = [
    ("a\u2028b\u0085c\x0bd", 'say "hi", she said'),
    ("line\r\nline", "\ufeffmark"),
    ("😀\u200d", "{{ x }}</script>"),
]


def encode_jsonl(rows: list[dict]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\r\n" for row in rows)


def encode_csv(rows: list[dict]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def encode_parquet(rows: list[dict]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


ENCODERS = {"jsonl": encode_jsonl, "json": orjson.dumps, "csv": encode_csv, "parquet": encode_parquet}


def records_of(content: bytes, ending: str) -> list[Record]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data.{ending}"
        path.write_bytes(content)
        return [record for record in read(Source(path)) if record]


@pytest.mark.parametrize("ending", ENCODERS)
@settings(max_examples=40, deadline=None)
@given(pairs=PAIRS)
@example(pairs=NASTY)
def test_texts_survive_the_file(ending, pairs):
    rows = [{"prompt": prompt, "completion": completion} for prompt, completion in pairs]
    records = records_of(ENCODERS[ending](rows), ending)
    assert [record.fault for record in records] == [None] * len(rows)
    assert [record.value for record in records] == rows


LAYOUTS = {
    "messages": lambda q, a: {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]},
    "sharegpt": lambda q, a: {"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]},
    "alpaca": lambda q, a: {"instruction": q, "input": "", "output": a},
    "prompt_completion": lambda q, a: {"prompt": q, "completion": a},
    "question_answer": lambda q, a: {"question": q, "answer": a},
}


@pytest.mark.parametrize("ending", ["jsonl", "json", "parquet"])
@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=10, deadline=None)
@given(pairs=PAIRS)
@example(pairs=NASTY)
def test_every_layout_becomes_the_same_messages(ending, layout, pairs):
    records = records_of(ENCODERS[ending]([LAYOUTS[layout](*pair) for pair in pairs]), ending)
    found = detect(DataSpec(path=Path("x")), records)
    assert found.format.name == layout
    for record, (question, answer) in zip(records, pairs, strict=True):
        normalise(record, found)
        assert record.fault is None
        assert [(m["role"], m["content"]) for m in record.messages] == [("user", question), ("assistant", answer)]


def test_lines_are_counted_as_an_editor_counts_them():
    content = b'prompt,completion\r\n"two\r\nlines",x\r\n\r\ny,z'
    assert [record.number for record in records_of(content, "csv")] == [2, 5]
    assert [record.number for record in records_of(b'\xef\xbb\xbf{"a":1}\n\n{"a":2}', "jsonl")] == [1, 3]


def test_lines_under_the_name_json():
    assert [record.number for record in records_of(b'{"a":1}\n{"a":2}\n', "json")] == [1, 2]


def test_alpaca_input_system_prompt_and_own_columns():
    rows = [{"task": "Translate.", "input": "Hund", "output": "dog", "system": "Be brief."}]
    records = records_of(encode_jsonl(rows), "jsonl")
    layout = detect(DataSpec(path=Path("x"), columns={"instruction": "task"}), records)
    normalise(records[0], layout)
    assert [m["content"] for m in records[0].messages] == ["Be brief.", "Translate.\n\nHund", "dog"]


def test_messages_in_a_csv_cell():
    cell = orjson.dumps(LAYOUTS["messages"]("q", "a")["messages"]).decode()
    records = records_of(encode_csv([{"messages": cell}]), "csv")
    normalise(records[0], detect(DataSpec(path=Path("x")), records))
    assert [m["content"] for m in records[0].messages] == ["q", "a"]
