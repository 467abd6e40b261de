"""The few-shot prompt: examples from training rows, chosen on validation rows, never on test rows."""

import pytest
from evaluation_run import SPEC, row

from luthier.evaluation.few_shot import VALIDATION_ROWS, choose, draw, pick
from luthier.evaluation.journal import Journal
from luthier.events import EventLog


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "partial.jsonl", "test", EventLog(tmp_path / "events.jsonl"), lambda: False)


def splits(**counts: int):
    return {name: [row(name, number) for number in range(count)] for name, count in counts.items()}


def spec(*counts: int):
    return SPEC.model_copy(update={"evaluation": SPEC.evaluation.model_copy(update={"few_shot": list(counts)})})


def test_examples_are_training_rows_and_scored_on_validation_rows(loaded, journal, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "luthier.evaluation.few_shot.answers", lambda _l, _p, rows, _j: asked.extend(rows) or answer(rows)
    )
    choice = choose(loaded, spec(1, 3), splits(train=9, validation=40, test=5), journal)
    assert all(name.startswith("train-") for entry in choice.candidates for name in entry["examples"])
    assert [entry["shots"] for entry in choice.candidates] == [1, 3]
    assert {messages[-2]["content"].split()[0] for messages in asked} == {"validation"}
    assert len(asked) == 2 * VALIDATION_ROWS


def answer(conversations) -> list[tuple[str, int]]:
    """Right only when asked with three examples."""
    return [(messages[-1]["content"] if len(messages) == 8 else "no idea", 1) for messages in conversations]


def test_the_best_on_validation_wins(loaded, journal, monkeypatch):
    monkeypatch.setattr("luthier.evaluation.few_shot.answers", lambda _l, _p, rows, _j: answer(rows))
    choice = choose(loaded, spec(1, 3, 4), splits(train=9, validation=5, test=5), journal)
    assert len(choice.shots.ids) == 3


def test_of_equals_the_shorter_prompt_wins(loaded, journal, monkeypatch):
    monkeypatch.setattr("luthier.evaluation.few_shot.answers", lambda _l, _p, rows, _j: [("", 0)] * len(rows))
    choice = choose(loaded, spec(2, 1), splits(train=9, validation=5, test=5), journal)
    assert len(choice.shots.ids) == 1


def test_examples_that_do_not_fit_are_not_tried(loaded, journal):
    choice = choose(loaded, spec(1, 20), splits(train=30, validation=4, test=4), journal)
    one, twenty = choice.candidates
    assert one["score"] is not None
    assert twenty["score"] is None
    assert "context" in twenty["reason"]


def test_without_a_candidate_there_is_a_reason(loaded, journal):
    assert choose(loaded, spec(), splits(train=9, validation=4, test=4), journal).reason
    none = choose(loaded, spec(8), splits(train=3, validation=4, test=4), journal)
    assert none.shots is None
    assert "only 3 training rows" in none.reason


def test_the_system_message_stays_first_and_stands_once():
    train = [row("train", number) for number in range(4)]
    for item in train:
        item["messages"].insert(0, {"role": "system", "content": "be kind"})
    shots = draw(train, 2, seed=1)
    asked = shots.before(train[0]["messages"])
    assert [message["role"] for message in asked] == ["system", *["user", "assistant"] * 3]
    assert asked[-2:] == train[0]["messages"][-2:]


def test_the_draw_depends_on_the_seed_alone():
    train = [row("train", number) for number in range(50)]
    assert draw(train, 4, 1) == draw(train, 4, 1)
    assert draw(train, 4, 1) != draw(train, 4, 2)
    assert pick(train, 5, 3) == pick(train, 5, 3)
    assert [item["id"] for item in pick(train, 99, 3)] == [item["id"] for item in train]
