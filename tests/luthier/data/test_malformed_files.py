"""Every broken file is refused with the place named, and nothing of it is lost."""

import base64
import gzip

import orjson
import pytest

from luthier.data.formats.detect import detect
from luthier.data.formats.normalise import normalise
from luthier.data.formats.structure import check_structure
from luthier.data.reading.read import read
from luthier.data.reading.source import Source, check_file
from luthier.errors import DataError, LuthierError, Problems, SpecError
from luthier.spec import DataSpec
from luthier.storage import read_json, read_jsonl

GOOD = b'{"prompt": "What is a luthier?", "completion": "A maker of string instruments."}\n'
ASK, TELL = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}


def row(**fields) -> bytes:
    return GOOD + orjson.dumps(fields) + b"\n"


def chat(*messages) -> bytes:
    return orjson.dumps({"messages": [ASK, TELL]}) + b"\n" + orjson.dumps({"messages": list(messages)}) + b"\n"


def turns(*conversation) -> bytes:
    good = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    return b"".join(orjson.dumps({"conversations": each}) + b"\n" for each in (good, list(conversation)))


CSV = b"prompt,completion\nWhat?,That.\n"

ROWS = {  # name: (file name, bytes, place, part of the message)
    "missing field": ("d.jsonl", row(prompt="x"), "d.jsonl:2", 'missing "completion"'),
    "no field": ("d.jsonl", GOOD + b"{}\n", "d.jsonl:2", 'missing "prompt"'),
    "empty answer": ("d.jsonl", row(prompt="x", completion=""), "d.jsonl:2", '"completion" is empty'),
    "blank answer": ("d.jsonl", row(prompt="x", completion=" \n\t"), "d.jsonl:2", '"completion" is empty'),
    "empty prompt": ("d.jsonl", row(prompt="", completion="x"), "d.jsonl:2", '"prompt" is empty'),
    "null answer": ("d.jsonl", row(prompt="x", completion=None), "d.jsonl:2", '"completion" is null'),
    "number as answer": ("d.jsonl", row(prompt="x", completion=7), "d.jsonl:2", "is a number; expected a text"),
    "list as prompt": ("d.jsonl", row(prompt=["x"], completion="y"), "d.jsonl:2", "is a list; expected a text"),
    "object as answer": ("d.jsonl", row(prompt="x", completion={}), "d.jsonl:2", "is an object; expected a text"),
    "bool as answer": ("d.jsonl", row(prompt="x", completion=True), "d.jsonl:2", "is true or false"),
    "NUL in a text": ("d.jsonl", row(prompt="x", completion="a\0b"), "d.jsonl:2", "NUL character"),
    "broken JSON": ("d.jsonl", GOOD + b'{"prompt": "x", \n', "d.jsonl:2", "broken JSON at column 1"),
    "single quotes": ("d.jsonl", GOOD + b"{'prompt': 'x'}\n", "d.jsonl:2", "broken JSON at column 2"),
    "trailing comma": ("d.jsonl", GOOD + b'{"prompt": "x",}\n', "d.jsonl:2", "broken JSON"),
    "two objects": ("d.jsonl", GOOD + b'{"prompt": "x"} {"prompt": "y"}\n', "d.jsonl:2", "broken JSON"),
    "NaN": ("d.jsonl", GOOD + b'{"prompt": NaN, "completion": "x"}\n', "d.jsonl:2", "broken JSON"),
    "lone surrogate": ("d.jsonl", GOOD + b'{"prompt": "\\ud800", "completion": "x"}\n', "d.jsonl:2", "broken JSON"),
    "deep nesting": ("d.jsonl", GOOD + b"[" * 5000 + b"\n", "d.jsonl:2", "broken JSON"),
    "cut off": ("d.jsonl", GOOD + GOOD[:40], "d.jsonl:2", "broken JSON"),
    "array row": ("d.jsonl", GOOD + b'["x", "y"]\n', "d.jsonl:2", "a list, not an object"),
    "text row": ("d.jsonl", GOOD + b'"x"\n', "d.jsonl:2", "a text, not an object"),
    "null row": ("d.jsonl", GOOD + b"null\n", "d.jsonl:2", "null, not an object"),
    "latin-1": ("d.jsonl", GOOD + '{"prompt": "é"}\n'.encode("latin-1"), "d.jsonl:2", "byte 13 (0xe9) is not UTF-8"),
    "NUL byte": ("d.jsonl", GOOD + b'{"prompt": "\0"}\n', "d.jsonl:2", "byte 13 is a NUL"),
    "huge line": ("d.jsonl", GOOD + b'{"prompt": "' + b"x" * 12_000_000 + b'"}\n', "d.jsonl:2", "12,000,014 bytes"),
    "after a byte order mark": ("d.jsonl", b"\xef\xbb\xbf" + row(prompt="x"), "d.jsonl:2", "missing"),
    "after blank lines": ("d.jsonl", b"\r\n\r\n" + row(prompt="x"), "d.jsonl:4", "missing"),
    "roles out of order": ("d.jsonl", chat(ASK, ASK, TELL), "d.jsonl:2", "message 2 is from user; expected assistant"),
    "assistant first": ("d.jsonl", chat(TELL, ASK), "d.jsonl:2", "message 1 is from assistant; expected user"),
    "system in between": ("d.jsonl", chat(ASK, {"role": "system", "content": "x"}, TELL), "d.jsonl:2", "message 2"),
    "ends with a question": ("d.jsonl", chat(ASK, TELL, ASK), "d.jsonl:2", "ends with the user"),
    "no messages": ("d.jsonl", chat(), "d.jsonl:2", "no message"),
    "system only": ("d.jsonl", chat({"role": "system", "content": "x"}), "d.jsonl:2", "only a system prompt"),
    "messages as text": ("d.jsonl", row(messages="Hi") * 3, "d.jsonl:2", "missing"),
    "message as text": ("d.jsonl", chat("Hi", "Hello"), "d.jsonl:2", "messages[0] is a text"),
    "unknown role": ("d.jsonl", chat({"role": "tool", "content": "x"}, TELL), "d.jsonl:2", 'is "tool"; expected'),
    "role as list": ("d.jsonl", chat({"role": ["user"], "content": "x"}, TELL), "d.jsonl:2", "role is a list"),
    "no role": ("d.jsonl", chat({"content": "x"}, TELL), "d.jsonl:2", 'has no "role"'),
    "no content": ("d.jsonl", chat(ASK, {"role": "assistant"}), "d.jsonl:2", 'messages[1] has no "content"'),
    "null content": ("d.jsonl", chat(ASK, {"role": "assistant", "content": None}), "d.jsonl:2", "is null"),
    "empty content": ("d.jsonl", chat(ASK, {"role": "assistant", "content": " "}), "d.jsonl:2", "(assistant) is empty"),
    "picture": ("d.jsonl", chat({"role": "user", "content": [{"type": "image"}]}, TELL), "d.jsonl:2", "is a list"),
    "tool call": ("d.jsonl", chat(ASK, {**TELL, "tool_calls": [{}]}), "d.jsonl:2", "calls a tool"),
    "share without value": ("d.jsonl", turns({"from": "human"}), "d.jsonl:2", 'conversations[0] has no "value"'),
    "share with stranger": ("d.jsonl", turns({"from": "alice", "value": "x"}), "d.jsonl:2", 'is "alice"'),
    "share answer first": ("d.jsonl", turns({"from": "gpt", "value": "x"}), "d.jsonl:2", "expected user"),
    "element missing field": ("d.json", b'[{"prompt": "a", "completion": "b"}, {"a": 1}]', "element 2", "missing"),
    "element is a number": ("d.json", b'[{"prompt": "a", "completion": "b"}, 7]', "element 2", "a number, not an"),
    "CSV short row": ("d.csv", CSV + b"only one\n", "d.csv:3", "1 cells; expected 2"),
    "CSV long row": ("d.csv", CSV + b"a,b,c\n", "d.csv:3", "3 cells; expected 2"),
    "CSV empty cell": ("d.csv", CSV + b"a,\n", "d.csv:3", '"completion" is empty'),
    "CSV after a long cell": ("d.csv", CSV + b'"a\nb\nc",d\nx,\n', "d.csv:6", '"completion" is empty'),
    "CSV latin-1": ("d.csv", CSV + "é,b\n".encode("latin-1"), "d.csv:3", "byte 1 (0xe9) is not UTF-8"),
    "CSV NUL": ("d.csv", CSV + b"a\0,b\n", "d.csv:3", "byte 2 is a NUL"),
}  # fmt: skip

FILES = {  # faults of the file as a whole
    "empty file": ("d.jsonl", b"", "d.jsonl", "is empty"),
    "blank lines only": ("d.jsonl", b"\n \n\n", "d.jsonl", "holds no rows"),
    "no known field": ("d.jsonl", b'{"a": 1, "b": 2}\n', "d.jsonl", "no known format"),
    "unknown ending": ("d.docx", GOOD, "d.docx", "cannot be read"),
    "no ending": ("data", GOOD, "data", "no ending"),
    "UTF-16": ("d.jsonl", GOOD.decode().encode("utf-16"), "d.jsonl", "UTF-16"),
    "UTF-16 without mark": ("d.jsonl", GOOD.decode().encode("utf-16-le"), "d.jsonl", "UTF-16"),
    "gzip": ("d.jsonl", gzip.compress(GOOD), "d.jsonl", "gzip"),
    "Excel": ("d.csv", b"PK\x03\x04rest", "d.csv", "Excel"),
    "Parquet as JSON": ("d.jsonl", b"PAR1rest", "d.jsonl", "Parquet"),
    "broken array": ("d.json", b'[{"prompt": "a"},\n {"prompt": }]', "d.json:2", "line 2, column"),
    "one object": ("d.json", b'{"prompt": "a"}', "d.json", "an object, not a list of rows"),
    "a number": ("d.json", b"7", "d.json", "a number, not a list"),
    "empty array": ("d.json", b"[]", "d.json", "holds no rows"),
    "array in latin-1": ("d.json", '[\n"é"]'.encode("latin-1"), "d.json:2", "0xe9"),
    "CSV header only": ("d.csv", b"prompt,completion\n", "d.csv", "holds no rows"),
    "CSV blank": ("d.csv", b"\n\n", "d.csv", "no header"),
    "CSV open quote": ("d.csv", CSV + b'a,"b\nc,d\n', "d.csv:3", "never closed"),
    "CSV quote in cell": ("d.csv", CSV + b'a,"b" c\n', "d.csv:3", "broken CSV"),
    "CSV columns twice": ("d.csv", b"prompt,prompt\na,b\n", "d.csv:1", "two columns"),
    "CSV header in latin-1": ("d.csv", "frage é,b\na,b\n".encode("latin-1"), "d.csv:1", "header cannot be read"),
    "Parquet cut off": ("d.parquet", b"PAR1\0\0", "d.parquet", "not a whole Parquet file"),
}  # fmt: skip


def examine(path) -> list[str]:
    """The messages for the faulty rows of a file, as far as that takes no model and no gate."""
    check_file(path)
    source = Source(path)
    records = [record for record in read(source) if record]
    layout = detect(DataSpec(path=path), records)
    for record in records:
        if not record.fault:
            normalise(record, layout)
        if not record.fault:
            check_structure(record)
    return [str(record.fault.error(source.where(record.number), True)) for record in records if record.fault]


@pytest.mark.parametrize("case", ROWS)
def test_faulty_row_is_named(tmp_path, case):
    name, content, place, message = ROWS[case]
    (tmp_path / name).write_bytes(content)
    told = examine(tmp_path / name)
    assert any(place in line and message in line and "data.on_bad_rows" in line for line in told), told


@pytest.mark.parametrize(
    "case", ["missing field", "latin-1", "huge line", "roles out of order", "element missing field", "CSV short row"]
)
def test_faulty_row_is_refused_and_kept(work, tmp_path, case):
    name, content, place, message = ROWS[case]
    with pytest.raises(Problems) as caught:
        work(content, name)
    assert caught.value.exit_code == 2
    assert place in str(caught.value) and message in str(caught.value)
    found = read_json(tmp_path / "run/data/validation.json")
    assert not found["ok"] and found["errors"]
    assert (found["read"], found["accepted"], found["quarantined"]) == (2, 1, 1)
    (entry,) = read_jsonl(tmp_path / "run/data/quarantine.jsonl")
    raw = entry["raw"].encode() if "raw" in entry else base64.b64decode(entry["raw_base64"])
    assert raw in content.replace(b", ", b",").replace(b": ", b":") or raw in content
    assert (tmp_path / "run/data/page.html").exists()


@pytest.mark.parametrize("case", FILES)
def test_faulty_file_is_named(work, tmp_path, case):
    name, content, place, message = FILES[case]
    with pytest.raises(DataError) as caught:
        work(content, name)
    assert caught.value.exit_code == 2
    assert place in str(caught.value) and message in str(caught.value)
    found = read_json(tmp_path / "run/data/validation.json")
    assert not found["ok"] and message in found["errors"][0]["message"]
    assert (tmp_path / "run/data/quarantine.jsonl").exists() and (tmp_path / "run/data/page.html").exists()


def test_missing_file_and_folder(work, tmp_path):
    from luthier.data import content_sha256

    with pytest.raises(DataError, match="is not there"):
        content_sha256(tmp_path / "gone.jsonl")
    with pytest.raises(DataError, match="a folder"):
        content_sha256(tmp_path)


def test_path_that_no_file_can_have(tmp_path):
    from luthier.data import content_sha256

    with pytest.raises(DataError, match="cannot be read"):
        content_sha256(tmp_path / "a\0b.jsonl")


def test_parquet_text_that_is_no_text(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    prompts = pa.Array.from_buffers(pa.string(), 2, pa.array([b"fine", b"\xff\xfe"]).buffers())
    pq.write_table(pa.table({"prompt": prompts, "completion": ["x", "y"]}), tmp_path / "d.parquet")
    (told,) = examine(tmp_path / "d.parquet")
    assert told.startswith("d.parquet: row 2: a text is not UTF-8")


@pytest.mark.parametrize("columns", [{"prompt": "nowhere"}, {"colour": "prompt"}])
def test_columns_that_do_not_exist(work, columns):
    with pytest.raises(SpecError, match=r"data\.columns"):
        work(GOOD, columns=columns)


def test_all_faults_at_once_and_many_of_a_kind_in_short(work, lines):
    content = lines([{"prompt": "x"}] * 25) + lines([{"prompt": "x", "completion": 3}]) + GOOD
    with pytest.raises(Problems) as caught:
        work(content)
    told = str(caught.value)
    assert "26 of 27 rows" in told and "… and 5 more of this kind (missing_field)" in told and "data.jsonl:26" in told


def test_any_bytes_end_in_an_error_for_people(work):
    import random

    source = random.Random(5)
    for ending in ("jsonl", "json", "csv", "parquet"):
        with pytest.raises(LuthierError) as caught:
            work(source.randbytes(400), f"noise.{ending}")
        assert caught.value.exit_code == 2
