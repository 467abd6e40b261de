"""Near-duplicates stay together, nothing gets lost, and the same seed gives the same split."""

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from unlike_words import word

from luthier.data.inspection.duplicates import inspect
from luthier.data.inspection.leakage import seen_in_train
from luthier.data.inspection.near import near_pairs
from luthier.data.inspection.text import loose_key
from luthier.data.record import Record
from luthier.data.split import divide, groups
from luthier.errors import DataError
from luthier.spec import SplitSpec


def record(number: int, question: str, answer: str) -> Record:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Record(number, b"", messages=messages)


GROUPS = st.lists(st.integers(0, 60), min_size=20, max_size=300)


@settings(max_examples=100, deadline=None)
@given(group_of=GROUPS, seed=st.integers(0, 1000))
def test_split_is_complete_grouped_and_repeatable(group_of, seed):
    try:
        names = divide(group_of, SplitSpec(), seed)
    except DataError:
        assume(False)
    assert names == divide(group_of, SplitSpec(), seed)
    assert len(names) == len(group_of) and set(names) == {"train", "validation", "test"}
    homes = set(zip(group_of, names, strict=True))
    assert len(homes) == len(set(group_of)), "a group lies on two sides"
    counts = Counter(names)
    assert 2 <= counts["test"] <= max(2, round(len(group_of) * 0.1))


def test_sizes_and_seed():
    names = divide(range(1000), SplitSpec(test=0.2, validation=0.1), 1)
    assert Counter(names) == {"train": 700, "test": 200, "validation": 100}
    assert names != divide(range(1000), SplitSpec(test=0.2, validation=0.1), 2)


def test_a_giant_group_is_trained_on():
    group_of = [0] * 60 + list(range(1, 41))
    names = divide(group_of, SplitSpec(), 3)
    assert set(names[:60]) == {"train"} and Counter(names)["test"] == 10


def test_too_few_rows_say_how_many():
    with pytest.raises(DataError, match="too few rows to split: 4.*0 train, 2 validation, 2 test"):
        divide(range(4), SplitSpec(), 1)
    with pytest.raises(DataError, match=r"leaves 1 groups.*split\.by: random"):
        divide([0] * 100, SplitSpec(), 1)


TREES = ["ash", "birch", "cedar", "elm", "fir", "larch", "maple", "oak", "pine", "rowan", "spruce", "yew"]
WORDS = st.lists(st.sampled_from(TREES), min_size=2, max_size=6)
SENTENCES = st.lists(st.tuples(WORDS.map(" ".join), WORDS.map(" ".join)), min_size=30, max_size=80)


@settings(max_examples=40, deadline=None)
@given(pairs=SENTENCES, seed=st.integers(0, 50))
def test_no_test_row_has_its_prompt_or_answer_in_training(pairs, seed):
    pairs = [
        (question.upper() + "?" if index % 3 else question, answer) for index, (question, answer) in enumerate(pairs)
    ]
    records = [record(index, *pair) for index, pair in enumerate(pairs)]
    found = inspect(records)
    try:
        names = divide(groups(found, range(len(records))), SplitSpec(), seed)
    except DataError:
        assume(False)
    train = [row for row, name in zip(pairs, names, strict=True) if name == "train"]
    test = [row for row, name in zip(pairs, names, strict=True) if name == "test"]
    for side in (0, 1):
        assert not {loose_key(row[side]) for row in test} & {loose_key(row[side]) for row in train}


def test_near_prompt_or_answer_ties_rows_together():
    records = [
        record(1, "How do I reset the password of my account?", "Click on forgot."),
        record(2, "How do I reset the password of my account please?", "Ask your administrator."),
        record(3, "When are you open?", "Ask your administrator!"),
        record(4, "What does it cost?", "Ten euros."),
    ]
    assert groups(inspect(records), range(4)) == [0, 0, 0, 3]


def test_duplicates_and_contradictions():
    long = "The quick brown fox jumps over the lazy dog near the old river bank"
    records = [
        record(1, "Tell me.", long),
        record(2, "tell  ME.", long.upper()),
        record(3, "Tell me", long + "!"),
        record(4, "Tell me.", "Something else altogether, about ships."),
        record(5, "A different question about boats?", long),
    ]
    found = inspect(records)
    assert found.exact == [None, 0, None, None, None]
    assert found.near == [None, 0, 0, None, None], "a text that recurs with another partner is no duplicate"
    assert found.repeated("off") == {} and found.repeated("exact") == {1: 0} and found.repeated("near") == {1: 0, 2: 0}
    assert found.conflicting_prompts == 1


def test_labels_do_not_tie_rows_together():
    records = [record(i, f"text {word(i)}", "yes" if i % 2 else "no") for i in range(100)]
    found = inspect(records)
    assert found.answers_are_labels
    assert len(set(groups(found, range(100)))) == 100


def test_canned_answers_tie_rows_together():
    records = [record(i, f"text {word(i)}", f"Thank you for your message about {word(i % 5)}.") for i in range(100)]
    assert len(set(groups(inspect(records), range(100)))) == 5


def test_an_instruction_that_all_rows_share_does_not_make_them_alike():
    same = "Sort the following review of a product into one of the classes good, bad and neutral: "
    assert list(near_pairs([same + word(i) for i in range(60)])) == []


def test_a_thousand_variants_are_linked_in_linear_work():
    base = " ".join(f"word{i}" for i in range(60))
    texts = [f"{base} {i:03}" for i in range(300)] + [
        f"{i} {i * 7} {i * 13} other words of no kin {i}" for i in range(900)
    ]
    links = [(a, b) for a, b, _ in near_pairs(texts) if a < 300 and b < 300]
    assert len(links) <= 2 * 32 * 300
    assert {b for _, b in links} == set(range(1, 300))


def test_leakage_counts_rows():
    rows = [{"id": str(i), "group": "", "messages": record(i, q, a).messages} for i, (q, a) in enumerate(
        [("What?", "That"), ("Who?", "He"), ("what", "Else"), ("New", "that!"), ("Fresh", "Novel")]
    )]  # fmt: skip
    assert seen_in_train(rows[:2], rows[2:], labels=False) == 2
    assert seen_in_train(rows[:2], rows[2:], labels=True) == 1


def conversation(number: int, *texts: str) -> Record:
    roles = ("user", "assistant") * len(texts)
    return Record(number, b"", messages=[{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)])


def test_every_answer_of_a_conversation_ties_rows_together():
    records = [
        conversation(1, "Where is the key?", "Under the mat.", "And the lamp?", "On the shelf by the window."),
        conversation(2, "Where is the key?", "Under the mat."),
        conversation(3, "Hello", "How can I help?", "Who wrote Hamlet?", "Shakespeare did."),
        conversation(4, "Hello", "How can I help?", "What does it cost?", "Ten euros."),
    ]
    assert groups(inspect(records), range(4)) == [0, 0, 2, 3], "a greeting with which no row ends ties nothing"


def test_leakage_of_an_earlier_turn():
    short = {"id": "1", "group": "", "messages": conversation(1, "Q1", "A1").messages}
    long = {"id": "2", "group": "", "messages": conversation(2, "Q1", "A1", "Q2", "A2").messages}
    other = {"id": "3", "group": "", "messages": conversation(3, "Q1", "A1", "Q3", "A3").messages}
    assert seen_in_train([long], [short], labels=False) == 1
    assert seen_in_train([short], [long], labels=False) == 1
    assert seen_in_train([long], [other], labels=False) == 0
