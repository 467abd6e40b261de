"""Whatever the bytes: an error for people, or every row."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from fault_rows import CHAT, CHATML, CSV, GOOD, QA, WHATSAPP
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading_rules import check, left_over, rows, squeezed
from test_documents import pdf, word

MARKDOWN = b"---\nt: 1\n---\nIntro.\n# A\n## B\nText.\n```\n# no\n```\nC\n===\nEnd.\n"
PROSE = b"A sentence. Another one, longer than the first!\n\nA paragraph.\n" * 60


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"prompt": ["a", "b"], "completion": ["c", None]}), out)
    return out.getvalue()


VALID = {
    "d.jsonl": [GOOD * 3, GOOD.decode().encode("utf-16")],
    "d.json": [b"[" + GOOD.strip() + b"," + GOOD + b"]", b'{"data": [' + GOOD + b"]}", GOOD * 2],
    "d.csv": [CSV * 2, b'sep=;\na;b\n"1\n2";"3""4"\n', b"a|b\r1|2\r"],
    "d.tsv": [CSV.replace(b",", b"\t")],
    "d.txt": [CHATML * 2, CHAT * 3, QA * 3, WHATSAPP * 2, PROSE],
    "d.md": [MARKDOWN, b"# F\n" + QA, CHAT],
    "d.parquet": [parquet()],
    "d.pdf": [pdf("One.", "Two.")],
    "d.docx": [word(("Heading 1", "A"), ("Normal", "b"), ("table", [["c"]]))],
    "d.jsonl.gz": [gzip.compress(GOOD * 5)],
    "d.csv.zst": [zstandard.compress(CSV * 5)],
}
PIECES = [
    *(b"\n", b"\r", b"\r\n", b'"', b",", b";", b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b"\n\n", b"---\n"),
    *(b"```\n", b"# x\n", b"Q: ", b"\nA: ", b"User: ", b"<|im_start|>", b"<|im_end|>", b"===\n", b"\xc2\x85"),
    *(b"\x0c", b"[31/12/23, 10:11:12] X: ", "\u2028".encode(), b"\xed\xa0\x80"),
]


@st.composite
def mutated(draw, name: str) -> bytes:
    """A valid file with some bytes gone, changed or put in."""
    content = bytearray(draw(st.sampled_from(VALID[name])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        gone = draw(st.sampled_from([0, 0, 1, 2, 40]))
        content[at : at + gone] = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)))
    return bytes(content)


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bytes(name, data):
    check(data.draw(st.binary(max_size=300)), name)


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_mutated_files(name, data):
    check(data.draw(mutated(name)), name)


LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(str.strip),
        st.sampled_from(["", "", "User: a", "Assistant: b", "Q: a", "A: b", "# H", "## H", "---", "===", "```", "# "]),
        st.sampled_from(["<|im_start|>user", "x<|im_end|>", "<|im_start|>assistant", "[1/2/24, 10:11:12] X: y", "- x"]),
    ),
    min_size=1,
    max_size=30,
)  # fmt: skip


@pytest.mark.parametrize("name", ["d.txt", "d.md"])
@settings(max_examples=150, deadline=None)
@given(lines=LINES)
@example(lines=["Q: a", "A: b", "---", "Q: a"])
@example(lines=["User: a", "Assistant: b", "", "---", "", "User: a"])
def test_no_line_of_a_text_is_lost(name, lines):
    """What is in no row is a rule, a heading, front matter or what WhatsApp says itself; all else is in just one."""
    content = "\n".join(lines).encode()
    if not content.strip():
        return
    raws = [record.raw for record in rows(content, name) if record]
    left_over(content, raws)  # in their order
    filled = [line for line in lines if line.strip()]
    if filled[0] == "---" or filled[0].startswith("[1/2"):
        return
    told = squeezed(b"\n".join(raws))
    below = [*lines[1:], ""]
    lost = [line for line in lines if squeezed(line.encode()) not in told]
    assert all(_may_be_dropped(line) or _may_be_dropped(below[lines.index(line)]) for line in lost), lost


def _may_be_dropped(line: str) -> bool:
    return line.startswith("#") or (len(set(line)) == 1 and line[0] in "-=*_")


WORDS = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12), min_size=1)


@settings(max_examples=100, deadline=None)
@given(words=WORDS, times=st.integers(1, 400), gap=st.sampled_from([" ", ". ", "\n", ".\n\n", "\t"]))
def test_running_text_comes_back_word_for_word(words, times, gap):
    text = gap.join(words * times)
    if not text.strip() or text.lstrip().lower().startswith(("pk", "rar")):
        return
    found = rows(text.encode(), "d.txt")
    assert [word for record in found for word in record.value["text"].split()] == text.split()
    assert squeezed(b"".join(record.raw for record in found)) == squeezed(text.encode())


LONG = {
    "d.md": "".join(f"# Heading {n}\nText {n}.\n" for n in range(4000)),
    "d.txt": "".join(f"Sentence number {n}.\n" for n in range(9000)),
    "t.txt": "".join(f"User: a{n}\nAssistant: b{n}\n\n" for n in range(4000)),
    "c.txt": "".join(f"<|im_start|>user\na{n}<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n\n" for n in range(2000)),
    "q.txt": "".join(f"Q: a{n}\nA: b{n}\n\n" for n in range(5000)),
    "w.txt": "".join(f"[20/02/24, 10:11:12] Ann: Hi {n}\n" for n in range(4000)),
    "f.md": "---\n" + "a: b\n" * 300 + "\n---\n# A\nx\n",
}


@pytest.mark.parametrize("name", LONG)
def test_nothing_is_lost_beyond_what_the_layout_is_seen_from(name):
    raws = [record.raw for record in rows(LONG[name].encode(), name) if record]
    assert squeezed(b"".join(raws)) == squeezed(LONG[name].encode())


def test_rows_of_a_table_are_counted_beyond_what_the_delimiter_is_seen_from():
    found = rows(b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(30_000)), "d.csv")
    assert [(record.number, record.value["a"]) for record in found] == [(n + 2, str(n)) for n in range(30_000)]
