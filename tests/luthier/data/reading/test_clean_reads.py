# ruff: noqa: E501 (a case a line)
"""What looks odd and is sound: read to the last character, at its place."""

import gzip
from datetime import datetime
from decimal import Decimal

import orjson
import pytest
import zstandard
from fault_rows import CHAT, CHATML, CSV, GOOD, QA, WHATSAPP
from reading_rules import rows

PAIR = {"prompt": "What is a luthier?", "completion": "A maker of string instruments."}
CELLS = {"prompt": "What?", "completion": "That."}
SAID = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
SYSTEM = {"role": "system", "content": "Be"}
ASKED = {"question": "so?", "answer": "yes"}

CLEAN = {  # name: (file name, bytes, number of each row, its value; None for a blank one)
    "JSON Lines": ("d.jsonl", GOOD, [(1, PAIR)]),
    "no line end": ("d.jsonl", GOOD.rstrip(), [(1, PAIR)]),
    "CRLF": ("d.jsonl", GOOD.replace(b"\n", b"\r\n") * 2, [(1, PAIR), (2, PAIR)]),
    "CR": ("d.jsonl", GOOD.replace(b"\n", b"\r") * 2, [(1, PAIR), (2, PAIR)]),
    "byte order mark": ("d.jsonl", b"\xef\xbb\xbf" + GOOD, [(1, PAIR)]),
    "blank lines": ("d.jsonl", b"\n \t\n" + GOOD + b"\n", [None, None, (3, PAIR), None]),
    "UTF-16": ("d.jsonl", GOOD.decode().encode("utf-16"), [(1, PAIR)]),
    "UTF-16 big endian": ("d.jsonl", b"\xfe\xff" + (GOOD * 2).decode().encode("utf-16-be"), [(1, PAIR), (2, PAIR)]),
    "gzip": ("d.jsonl.gz", gzip.compress(GOOD), [(1, PAIR)]),
    "gzip by another name": ("d.jsonl", gzip.compress(GOOD), [(1, PAIR)]),
    "gzip in two members": ("d.jsonl.gz", gzip.compress(GOOD) * 2, [(1, PAIR), (2, PAIR)]),
    "Zstandard": ("d.jsonl.zst", zstandard.compress(GOOD), [(1, PAIR)]),
    "Zstandard in two frames": ("d.jsonl.zst", zstandard.compress(GOOD) * 2, [(1, PAIR), (2, PAIR)]),
    "Zstandard by another name": ("d.jsonl", zstandard.compress(GOOD), [(1, PAIR)]),
    "packed UTF-16": ("d.csv.gz", gzip.compress(CSV.decode().encode("utf-16")), [(2, CELLS)]),
    "name twice in an object": ("d.jsonl", b'{"a": "1", "a": "2"}\n', [(1, {"a": "2"})]),
    "huge number": ("d.jsonl", b'{"a": 123456789012345678901234567890}', [(1, {"a": 1.2345678901234568e29})]),
    "null far down": ("d.jsonl", b'{"a": {"b": [null, {"c": null}]}}', [(1, {"a": {"b": [None, {"c": None}]}})]),
    "surrogate pair": ("d.jsonl", b'{"a": "\\ud83d\\ude00"}', [(1, {"a": "\U0001f600"})]),
    "U+2028 in a text": ("d.jsonl", '{"a": "x\u2028y\u0085z"}\n'.encode(), [(1, {"a": "x\u2028y\u0085z"})]),
    "invisible characters": ("d.jsonl", '{"a": "\u200bx\u202e\ufeff"}'.encode(), [(1, {"a": "\u200bx\u202e\ufeff"})]),
    "empty name": ("d.jsonl", b'{"": "x"}', [(1, {"": "x"})]),
    "array over lines": ("d.json", orjson.dumps([PAIR, PAIR], option=orjson.OPT_INDENT_2), [(1, PAIR), (2, PAIR)]),
    "array in UTF-16": ("d.json", orjson.dumps([PAIR]).decode().encode("utf-16"), [(1, PAIR)]),
    "lines under .json": ("d.json", GOOD * 2, [(1, PAIR), (2, PAIR)]),
    "rows under data": ("d.json", orjson.dumps({"version": 1, "data": [PAIR]}), [(1, PAIR)]),
    "rows under results": ("d.json", orjson.dumps({"next": None, "results": [PAIR]}), [(1, PAIR)]),
    "messages of an export": ("d.json", b'{"messages": [{"from": "Ann", "text": "x"}]}', [(1, {"from": "Ann", "text": "x"})]),
    "one chat": ("d.json", orjson.dumps({"messages": SAID}), [(1, {"messages": SAID})]),
    "CSV": ("d.csv", CSV, [(2, CELLS)]),
    "CSV formula": ("d.csv", b"prompt,completion\n=cmd|'/C calc'!A0,+1\n", [(2, {"prompt": "=cmd|'/C calc'!A0", "completion": "+1"})]),
    "CSV semicolons": ("d.csv", b"a;b\n1,5;2\n", [(2, {"a": "1,5", "b": "2"})]),
    "CSV commas and semicolons": ("d.csv", b"a,b\nx;y,z;\n", [(2, {"a": "x;y", "b": "z;"})]),
    "CSV tabs": ("d.csv", b"a\tb\n1\t2\n", [(2, {"a": "1", "b": "2"})]),
    "CSV bars": ("d.csv", b"a|b\n1|2\n", [(2, {"a": "1", "b": "2"})]),
    "CSV sep=": ("d.csv", b"\xef\xbb\xbfsep=|\r\na|b\r\n1|2\r\n", [None, (3, {"a": "1", "b": "2"})]),
    "CSV CR": ("d.csv", b"a,b\r1,2\r3,4", [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]),
    "CSV one column": ("d.csv", b'text\n"a, b; c"\n', [(2, {"text": "a, b; c"})]),
    "CSV column without a name": ("d.csv", b",a\n0,x\n", [(2, {"column 1": "0", "a": "x"})]),
    "CSV delimiters in quotes": ("d.csv", b'a;b\n"1;2,3";4\n', [(2, {"a": "1;2,3", "b": "4"})]),
    "CSV lines in a cell": ("d.csv", b'a,b\n"1\n\n2",3\n4,5\n', [(2, {"a": "1\n\n2", "b": "3"}), (5, {"a": "4", "b": "5"})]),
    "CSV doubled quotes": ("d.csv", b'a,b\n"say ""x""",y\n', [(2, {"a": 'say "x"', "b": "y"})]),
    "CSV quote within a cell": ("d.csv", b'a,b\n5" pipe,y\n', [(2, {"a": '5" pipe', "b": "y"})]),
    "TSV with commas": ("d.tsv", b"a\tb\n1,2\t3\n", [(2, {"a": "1,2", "b": "3"})]),
    "ChatML": ("d.txt", CHATML * 2, [(1, {"messages": [SYSTEM, *SAID]}), (8, {"messages": [SYSTEM, *SAID]})]),
    "ChatML on one line": ("d.md", b"<|im_start|>user Hi<|im_end|><|im_start|>assistant Ho<|im_end|>", [(1, {"messages": SAID})]),
    "transcript": ("d.txt", CHAT * 2, [(1, {"messages": SAID}), (4, {"messages": SAID})]),
    "transcript with other names": ("d.log", b"Customer: Hi\nAgent: Ho\n---\nHuman: Hi\nAI: Ho\n", [(1, {"messages": SAID}), (4, {"messages": SAID})]),
    "transcript in bold": ("d.md", b"**User:** Hi\n\n**Assistant:** Ho\n", [(1, {"messages": SAID})]),
    "transcript of long turns": ("d.txt", b"User: Hi\nAssistant: Ho\n\nand more\n", [(1, {"messages": [SAID[0], {"role": "assistant", "content": "Ho\n\nand more"}]})]),
    "transcript that blank lines fill": ("d.txt", b"User: Hi\n\nAssistant: Ho\n\nUser: Hi\n\nAssistant: Ho\n", [(1, {"messages": SAID * 2})]),
    "questions": ("d.txt", QA * 2, [(1, ASKED), (4, ASKED)]),
    "numbered questions": ("d.txt", b"Question 1: so?\nAnswer 1: yes\n", [(1, ASKED)]),
    "questions in Markdown": ("d.md", b"# FAQ\n\n**Q:** so?\n**A:** yes\n", [None, (3, ASKED)]),
    "code in an answer": ("d.md", b"Q: so?\nA: yes\n```\n# no\n```\n", [(1, {"question": "so?", "answer": "yes\n```\n# no\n```"})]),
    "WhatsApp, bracketed": ("d.txt", WHATSAPP, [
        (1, {"time": "2024-02-20T10:11:12", "author": "Ann", "text": "Hi"}),
        (2, {"time": "2024-02-20T10:11:14", "author": "Bob", "text": "Ho"})]),
    "WhatsApp, American": ("d.txt", "12/31/23, 9:05\u202fPM - Ann: Hi\nyou\n1/1/24, 12:01 AM - Ann added Bob\n1/1/24, 12:02 AM - Bob: a: b\n".encode(), [
        (1, {"time": "2023-12-31T21:05:00", "author": "Ann", "text": "Hi\nyou"}), None,
        (4, {"time": "2024-01-01T00:02:00", "author": "Bob", "text": "a: b"})]),
    "WhatsApp, day first by a later date": ("d.txt", b"1/2/24, 09:05 - Ann: Hi\n13/2/24, 09:06 - Bob: Ho\n", [
        (1, {"time": "2024-02-01T09:05:00", "author": "Ann", "text": "Hi"}),
        (2, {"time": "2024-02-13T09:06:00", "author": "Bob", "text": "Ho"})]),
    "WhatsApp with marks": ("d.txt", "\u200e[31.12.23, 10:11:12] ~ Ann: \u200ephoto omitted\n".encode(), [
        (1, {"time": "2023-12-31T10:11:12", "author": "Ann", "text": "photo omitted"})]),
    "Markdown": ("d.md", b"---\nt: 1\n---\nIntro.\n# A\n## B\nText.\n```\n# no\n```\nC\n===\nEnd.\n", [
        None, (4, {"prompt": "d", "completion": "Intro."}), None,
        (6, {"prompt": "A: B", "completion": "Text.\n```\n# no\n```"}), (11, {"prompt": "C", "completion": "End."})]),
    "Markdown with open code": ("d.md", b"# A\n```\n# no\n", [(1, {"prompt": "A", "completion": "```\n# no"})]),
    "Markdown with open front matter": ("d.md", b"---\nt: 1\n# A\nText.\n", [(1, {"prompt": "d", "completion": "---\nt: 1"}), (3, {"prompt": "A", "completion": "Text."})]),
    "Markdown with a hashtag": ("d.md", b"# A\n#tag\n", [(1, {"prompt": "A", "completion": "#tag"})]),
    "running text": ("my_text.txt", b"One.\n\nTwo.\n", [(1, {"title": "my text", "text": "One.\n\nTwo."})]),
    "text in UTF-16": ("d.txt", "One.\r\n".encode("utf-16"), [(1, {"title": "d", "text": "One."})]),
}  # fmt: skip


@pytest.mark.parametrize("case", CLEAN)
def test_is_read_as_it_stands(case):
    name, content, expected = CLEAN[case]
    found = rows(content, name)
    assert [record and record.fault for record in found] == [None] * len(expected)
    assert [record and (record.number, record.value) for record in found] == expected


def table(**columns):
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def odd_columns():
    import pyarrow as pa

    return {
        "decimal": ([Decimal("1.50")], Decimal("1.50")),
        "time": ([datetime(2024, 1, 2)], datetime(2024, 1, 2)),
        "list": ([["a", None]], ["a", None]),
        "map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), [("k", 1)]),
        "dictionary": (pa.array(["x"]).dictionary_encode(), "x"),
        "bytes": ([b"\xff"], b"\xff"),
        "null": ([None], None),
        "nothing": (pa.array([None], pa.null()), None),
        "large text": (pa.array(["x"], pa.large_string()), "x"),
        "NaN": ([float("inf")], float("inf")),
    }


@pytest.mark.parametrize("case", odd_columns())
def test_odd_columns_of_parquet_leave_the_row_whole(case):
    column, value = odd_columns()[case]
    (record,) = rows(table(prompt=["x"], odd=column), "d.parquet")
    assert record.fault is None and record.value == {"prompt": "x", "odd": value}


def test_parquet_is_read_when_packed_once_more():
    (record,) = rows(gzip.compress(table(prompt=["x"])), "d.parquet.gz")
    assert record.value == {"prompt": "x"}


def test_a_passage_ends_where_a_sentence_does():
    text = " ".join(f"This is sentence number {number}." for number in range(500))
    found = rows(text.encode(), "d.txt")
    assert all(800 <= len(record.value["text"]) <= 2000 for record in found[:-1])
    assert all(record.value["text"].endswith(".") and record.value["text"].startswith("This") for record in found)
    assert " ".join(record.value["text"] for record in found) == text


def test_no_word_is_cut():
    words = [f"word{number}" for number in range(3000)]
    found = rows(" ".join(words).encode(), "d.txt")
    assert [word for record in found for word in record.value["text"].split()] == words
    (whole,) = rows(b"x" * 5000, "d.txt")
    assert len(whole.value["text"]) == 5000


def test_passages_end_with_paragraphs():
    paragraphs = [f"Paragraph {number}. " + "Some words follow here. " * 20 for number in range(30)]
    found = rows("\n\n".join(paragraphs).encode(), "d.txt")
    assert all(record.value["text"].startswith("Paragraph") for record in found)
