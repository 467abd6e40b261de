"""The demo's corpus, full of repetitions: nothing of the test rows is in the training rows."""

from pathlib import Path

import pytest
import yaml

from luthier.data.inspection.text import exact_key, loose_of_exact, turns_of
from luthier.rows import Rows

corpus = pytest.importorskip("chatterbot_corpus")


def rows() -> list[dict[str, str]]:
    found = []
    for path in sorted((Path(corpus.__file__).parent / "data" / "english").glob("*.yml")):
        for question, *answers in yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]:
            found += [{"prompt": str(question), "completion": str(answer)} for answer in answers]
    return found


def pieces(text: str) -> set[str]:
    padded = f" {loose_of_exact(exact_key(text))} "
    return {padded[at : at + 4] for at in range(len(padded) - 3)} or {padded}


def alike(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= 0.75 * len(one | other)


def test_split_of_the_corpus(work, lines):
    run, found = work(lines(rows()), dedupe="near", on_bad_rows="quarantine")
    assert found["duplicates"]["exact"] > 1100 and found["accepted"] > 1000
    assert found["splits"]["test"] >= 100 and found["test_rows_seen_in_train"] == 0
    train, test = list(Rows(run.split("train"))), list(Rows(run.split("test")))
    for side in (0, 1):  # every pair of them, not by hashes
        seen = [pieces(turns_of(row["messages"])[-1][side]) for row in train]
        held_out = [pieces(turns_of(row["messages"])[-1][side]) for row in test]
        assert sum(any(alike(one, other) for other in seen) for one in held_out) == 0
