"""Splits by time and by strata, weights and balance: over whole preparations, from the file to the splits."""

import json
from collections import Counter

import pytest
from unlike_words import word

from luthier.data.split import divide
from luthier.data_spec import SplitSpec
from luthier.errors import DataError, SpecError
from luthier.rows import Rows
from luthier.storage import read_jsonl


@pytest.fixture
def rows(lines):
    return [json.loads(line) for line in lines(100).splitlines()]


def ids(run, split: str) -> list[str]:
    return [row["id"] for row in Rows(run.split(split))]


def test_the_newest_rows_are_the_test(work, lines, rows):
    for number, row in enumerate(rows):
        row["created_at"] = f"2025-{1 + number * 7 % 100 // 10:02d}-{1 + number * 7 % 100 % 10:02d}"
    run, _ = work(lines(rows), split={"by": "time"})
    day = {str(number): row["created_at"] for number, row in enumerate(rows, start=1)}
    newest = {split: [day[each] for each in ids(run, split)] for split in ("train", "validation", "test")}
    assert max(newest["train"]) < min(newest["validation"]) <= max(newest["validation"]) < min(newest["test"])
    assert len(newest["test"]) == 10


def test_rows_without_a_time(work, lines, rows):
    rows[0]["created_at"] = "2025-01-01"
    with pytest.raises(DataError, match=r"99 of 100 rows have no time.*data\.columns\.time"):
        work(lines(rows), split={"by": "time"})


def test_strata_have_their_share_of_every_split(work, lines, rows):
    for number, row in enumerate(rows):
        row["topic"] = "rare" if number % 5 == 0 else "common"
    run, _ = work(lines(rows), split={"stratify": "topic", "test": 0.2, "validation": 0.2})
    for split in ("test", "validation"):
        topics = Counter(json.loads(row["meta"])["topic"] for row in Rows(run.split(split)))
        assert topics == {"rare": 4, "common": 16}


def test_a_stratum_that_is_no_field(work, lines, rows):
    with pytest.raises(SpecError, match=r'data\.split\.stratify: no row has a field "topic"'):
        work(lines(rows), split={"stratify": "topic"})


def test_small_strata_are_divided_together():
    strata = [f"s{n}" for n in range(40)]  # one row each
    names = divide(list(range(40)), SplitSpec(test=0.2, validation=0.2), 1, strata)
    assert Counter(names) == {"train": 24, "validation": 8, "test": 8}
    few = divide(list(range(204)), SplitSpec(), 1, ["rare"] * 4 + ["common"] * 200)
    assert "train" in few[:4] and Counter(few)["test"] == 20
    tens = divide(list(range(200)), SplitSpec(), 1, [f"s{n % 20}" for n in range(200)])
    assert Counter(tens) == {"train": 160, "validation": 20, "test": 20}


def test_groups_stay_whole_also_in_time():
    group_of = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    times = [100.0, 0.0, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]  # the first group is as new as its newest row
    names = divide(group_of, SplitSpec(test=0.25, validation=0.2), 1, times=times)
    assert names[0] == names[1] == "test"


def test_conversations_stay_on_one_side(work, lines):
    rows = [
        {"prompt": f"ask {word(n)}", "completion": f"tell {word(n + 500)}", "conversation_id": f"c{n // 4}"}
        for n in range(120)
    ]
    broken = [{"prompt": "no answer", "conversation_id": "c0"}] * 3
    run, _ = work(lines([*broken, *rows[:1], *rows]), dedupe="exact", on_bad_rows="quarantine")
    sides = {split: {int(each) for each in ids(run, split)} for split in ("train", "validation", "test")}
    for conversation in range(30):
        first = 5 + 4 * conversation
        members = set(range(first, first + 4)) - {5} | ({4} if conversation == 0 else set())
        assert sum(bool(members & side) for side in sides.values()) == 1


def test_weights_repeat_and_halve_training_rows_only(work, lines, rows, tmp_path):
    (tmp_path / "twice.jsonl").write_bytes(lines(rows[:50]))
    (tmp_path / "half.jsonl").write_bytes(lines(rows[50:]))
    own = lines([{"prompt": f"else {word(n + 3000)}", "completion": f"other {word(n + 4000)}"} for n in range(50)])
    more = [{"path": tmp_path / "twice.jsonl", "weight": 2}, {"path": tmp_path / "half.jsonl", "weight": 0.5}]
    run, found = work(own, more=more)
    assert found["read"] == found["accepted"] == 150
    trained = Counter(each.split(":")[0] for each in ids(run, "train"))
    held = Counter(each.split(":")[0] for split in ("validation", "test") for each in ids(run, split))
    assert trained["data.jsonl"] == 50 - held["data.jsonl"]
    assert trained["twice.jsonl"] == 2 * (50 - held["twice.jsonl"])
    assert 8 <= trained["half.jsonl"] <= 32
    assert len(set(ids(run, "train"))) == len(ids(run, "train"))


def labelled(positive: int, negative: int) -> list[dict]:
    answers = ["positive"] * positive + ["negative"] * negative
    return [{"prompt": f"review {word(n)} {word(n + 900)}", "completion": answer} for n, answer in enumerate(answers)]


def test_surplus_rows_are_set_aside(work, lines):
    run, found = work(lines(labelled(90, 30)), balance="down")
    assert found["accepted"] == 60 and found["reasons"] == {"surplus": 60}
    assert {entry["reason"] for entry in read_jsonl(run.quarantine)} == {
        'surplus: label "positive" has 90 rows, 30 are kept'
    }


def test_an_odd_label_sets_no_measure(work, lines):
    rows = [*labelled(60, 40), {"prompt": f"review {word(5000)}", "completion": "maybee"}]
    run, found = work(lines(rows), balance="down")
    assert found["accepted"] == 81 and found["reasons"] == {"surplus": 20}


def test_rare_labels_are_repeated_in_training(work, lines):
    run, found = work(lines(labelled(90, 30)), balance="up", split={"stratify": "label"})
    assert found["accepted"] == 120
    trained = Counter(row["messages"][-1]["content"] for row in Rows(run.split("train")))
    assert abs(trained["positive"] - trained["negative"]) <= 6
    tested = Counter(row["messages"][-1]["content"] for row in Rows(run.split("test")))
    assert tested == {"positive": 9, "negative": 3}


def test_answers_that_are_no_labels(work, lines, rows):
    with pytest.raises(SpecError, match=r"data\.balance: the answers are no labels"):
        work(lines(rows), balance="down")


def test_of_repetitions_the_one_that_is_kept_is_kept(work, lines, rows):
    """A row that is dropped for a flaw does not take its sound copy with it."""
    copy = {"prompt": "Why is it so?", "completion": f"As an AI language model, I cannot help. {word(3)}"}
    refusal = {
        "prompt": "Why is it so?",
        "completion": "I am sorry, but as an AI language model I cannot help with that.",
    }
    run, found = work(lines([*rows, refusal, copy, copy]), dedupe="near", drop=["refusal"])
    reasons = [entry["reason"] for entry in read_jsonl(run.quarantine)]
    assert "dropped: refusal" in reasons and not [each for each in reasons if each == "duplicate of line 101"]


def test_weights_belong_to_their_files(lines, tmp_path):
    from luthier.data.reading.sources import content_sha256, sources
    from luthier.data_spec import DataSpec

    for name in "abc":
        (tmp_path / f"{name}.jsonl").write_bytes(lines([{"prompt": name, "completion": name}]))

    def hashed(path: str, **weights: float) -> str:
        more = [{"path": tmp_path / f"{name}.jsonl", "weight": weight} for name, weight in weights.items()]
        spec = DataSpec.model_validate({"path": tmp_path / f"{path}.jsonl", "more": more})
        return content_sha256(sources(spec, tmp_path))

    assert (
        len({hashed("a", b=2, c=0.5), hashed("a", b=0.5, c=2), hashed("b", a=2, c=0.5), hashed("a", b=2, c=0.5)}) == 3
    )
