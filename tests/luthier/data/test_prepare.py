"""The whole of validate-data on small files."""

import random
from html.parser import HTMLParser

import pytest
from unlike_words import word

from luthier.errors import DataError, Problems
from luthier.models.chat import encode_all
from luthier.models.token_file import is_intact, open_tokens, token_key
from luthier.rows import Rows
from luthier.storage import read_json, read_jsonl, sha256_file


def test_what_a_run_finds(work, lines):
    run, found = work(lines(60), split={"test": 0.2})
    assert found["ok"] and found["format"] == "prompt_completion"
    assert found["columns"] == {"prompt": "prompt", "completion": "completion"}
    assert found["splits"] == {"train": 42, "validation": 6, "test": 12}
    assert found["test_rows_seen_in_train"] == 0
    assert found["gate"] == {"passed": True, "max_severity": "warning"}
    assert found["sha256"] == sha256_file(run.root.parent / "data.jsonl")
    parts = {name: list(Rows(run.split(name))) for name in found["splits"]}
    assert {name: sha256_file(run.split(name)) for name in parts} == found["split_sha256"]
    assert sorted(int(row["id"]) for part in parts.values() for row in part) == list(range(1, 61))
    assert len(list(Rows(run.accepted))) == found["accepted"] == 60
    assert (run.docs / "index.html").exists()
    assert {w["code"] for w in found["warnings"]} == {"accepted", "few_test_rows"}


def test_tokens_are_those_of_the_rows(work, lines):
    _, found = work(lines(10) + lines([{"prompt": "x", "completion": "y" * 300}]))
    tokens = found["tokens"]
    # byte-level tokens: <|im_start|> user \n … <|im_end|> \n <|im_start|> assistant \n … <|im_end|>
    short = 2 + 5 + 33 + 1 + 1 + 1 + 10 + 31 + 1 - 1
    assert tokens["p50"] == short and tokens["examples"] == 11 and tokens["max"] > 256 and tokens["truncated"] == 1
    assert tokens["total"] == 10 * short + 256 and 0 < tokens["trained"] < tokens["total"]


def test_training_finds_its_tokens_made(work, lines, tokenizer):
    run, found = work(lines(40) + lines([{"prompt": "x", "completion": "y" * 300}] * 2), dedupe="exact")
    for name in ("train", "validation"):
        assert is_intact(run.tokens(name), token_key(run.split(name), tokenizer, 256))
        rows = list(Rows(run.split(name)))
        wanted = encode_all(tokenizer, [row["messages"] for row in rows], 256)
        assert [(e["id"], e["input_ids"], e["labels"]) for e in open_tokens(run.tokens(name))] == [
            (row["id"], example.input_ids, example.labels) for row, example in zip(rows, wanted, strict=True)
        ]


def test_row_that_trains_on_nothing_is_refused(work, lines):
    with pytest.raises(Problems, match="data.jsonl:11: nothing to learn: the answer begins after token 64"):
        work(lines(10) + lines([{"prompt": "x" * 100, "completion": "y"}]), max_length=64)


def test_quarantine_up_to_the_threshold(work, lines, tmp_path):
    content = lines(95) + lines([{"prompt": "x"}] * 5)
    _, found = work(content, on_bad_rows="quarantine", max_quarantined=0.05)
    assert found["ok"] and found["quarantined"] == 5 and found["reasons"] == {"missing_field": 5}
    assert [w["line"] for w in found["warnings"] if w["code"] == "missing_field"] == [96, 97, 98, 99, 100]
    with pytest.raises(Problems, match=r"5 of 100 rows cannot be used; data\.max_quarantined allows a share of 0\.04"):
        work(content, on_bad_rows="quarantine", max_quarantined=0.04)
    assert not read_json(tmp_path / "run/data/validation.json")["ok"]


def test_counts_agree_whatever_is_wrong(work, lines):
    source = random.Random(3)
    kinds = [b"\n", b"{broken\n", lines([{"prompt": "x"}]), b"\xff\n", lines([{"prompt": "a", "completion": "b"}])]
    content = lines(80) + b"".join(source.choices(kinds, k=120))
    run, found = work(content, on_bad_rows="quarantine", max_quarantined=1, dedupe="near")
    assert found["read"] == 200 == found["accepted"] + found["quarantined"] + found["blank"]
    assert found["accepted"] == 81
    assert len(read_jsonl(run.quarantine)) == found["quarantined"] == sum(found["reasons"].values())


@pytest.mark.parametrize(
    ("dedupe", "accepted", "removed"), [("off", 22, []), ("exact", 21, [21]), ("near", 20, [21, 22])]
)
def test_duplicates_are_set_aside_with_their_original(work, lines, dedupe, accepted, removed):
    first = lines(20)
    near = first.split(b"\n")[1].replace(b"question", b"Question ") + b"\n"
    exact = first.split(b"\n")[0] + b"\n"
    run, found = work(first + exact + near.replace(b"answer ", b"answer: "), dedupe=dedupe)
    assert found["accepted"] == accepted and found["duplicates"] == {"exact": 1, "near": 1, "conflicting_prompts": 0}
    assert [entry["line"] for entry in read_jsonl(run.quarantine)] == removed
    reasons = [entry["reason"] for entry in read_jsonl(run.quarantine)]
    assert reasons == [f"duplicate of line {number}" for number in (1, 2)][: len(removed)]


def test_same_seed_same_split(work, lines):
    first = work(lines(60)).validation["split_sha256"]
    assert work(lines(60)).validation["split_sha256"] == first
    assert work(lines(60), seed=4).validation["split_sha256"] != first


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.remote: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.remote += [value for name, value in attrs if name in ("src", "href") and value and "//" in value]

    def handle_data(self, data):
        self.text += data


def test_page_shows_hostile_text_as_text(work, lines):
    hostile = "<script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>{{ 1234*5678 }}{% raw %}\"'&amp;"
    rows = [
        {"prompt": hostile, "completion": f"</td></table>{hostile}"},
        {"prompt": "long", "completion": "€" * 90_000},
    ]
    run, _ = work(lines(rows) + lines(20) + lines([{"<b>x</b>": 1}]), on_bad_rows="quarantine", max_length=512)
    page = Page()
    page.feed(run.page.read_text(encoding="utf-8"))
    assert page.tags.count("script") == 1 and "img" not in page.tags and page.remote == []  # the search, our own
    assert hostile in page.text and "7006652" not in page.text
    assert "<b>x</b>" in page.text and "(90,000 characters)" in page.text
    assert "€" * 601 not in page.text and run.page.stat().st_size < 120_000


def test_a_random_split_tells_what_leaks(work, lines):
    content = lines([{"prompt": f"ask {word(i // 4)}", "completion": f"tell {word(i + 900)}"} for i in range(80)])
    assert work(content, split={"by": "random"}).validation["test_rows_seen_in_train"] > 0
    grouped = work(content, split={"by": "group"})
    assert grouped.validation["test_rows_seen_in_train"] == 0
    groups = {row["group"] for row in list(Rows(grouped.run.split("test")))}
    assert not groups & {row["group"] for row in list(Rows(grouped.run.split("train")))}


def test_too_few_rows_are_refused_after_all_files_are_written(work, lines, tmp_path):
    with pytest.raises(DataError, match="too few rows to split: 4"):
        work(lines(4))
    found = read_json(tmp_path / "run/data/validation.json")
    assert not found["ok"] and found["errors"][0]["field"] == "data.split" and found["accepted"] == 4


def test_labels_are_counted_by_their_prompts_and_it_says_so(work, lines):
    labelled = [{"prompt": f"ask {word(i)}", "completion": "yes" if i % 2 else "no"} for i in range(60)]
    run, found = work(lines(labelled))
    assert found["test_rows_seen_by"] == "prompt"
    assert "Test rows whose prompt is in the training rows" in run.page.read_text()


def test_a_stretch_of_blank_rows(work, lines):
    _, found = work(lines(20) + b"\n" * 1200 + lines(60)[-2000:].split(b"\n", 1)[1])
    assert found["blank"] == 1200 and found["ok"]


def test_passages_of_one_long_line_are_rows_of_their_own(work):
    source = random.Random(5)
    sentences = [" ".join(word(source.randrange(9000)) for _ in range(12)).capitalize() + "." for _ in range(900)]
    run, found = work(" ".join(sentences).encode(), "book.txt", max_length=2000)
    assert found["ok"] and found["read"] == found["accepted"] > 20
    ids = [row["id"] for row in Rows(run.accepted)]
    assert ids[:3] == ["1", "1.2", "1.3"] and len(set(ids)) == len(ids)


def test_an_error_of_the_file_hides_no_faulty_row(work, tmp_path):
    rows = "".join(f"ask {word(n)},tell {word(n + 500)}\n" for n in range(40))
    content = f'prompt,completion\nonly one\n{rows}a,"never closed\n'
    with pytest.raises(Problems) as caught:
        work(content.encode(), "d.csv")
    assert "d.csv:2: the row has 1 cells" in str(caught.value) and "never closed" in str(caught.value)
    found = read_json(tmp_path / "run/data/validation.json")
    assert found["read"] == 41 and found["quarantined"] == 1 and {e["line"] for e in found["errors"]} == {2, None}


def test_nobody_is_told_to_do_what_is_done(work, lines):
    content = lines(60) + lines(60)[:1500].rsplit(b"\n", 1)[0] + b"\n"
    told = {mode: work(content, dedupe=mode).validation["advice"] for mode in ("off", "near")}
    assert any("data.dedupe" in each["text"] for each in told["off"])
    assert not any("data.dedupe" in each["text"] for each in told["near"])
