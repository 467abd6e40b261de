"""Near-duplicates stay together, nothing gets lost, and the same seed gives the same split."""

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linked_texts import near_pairs
from unlike_words import word

from luthier.data.inspection.components import components
from luthier.data.inspection.duplicates import inspect
from luthier.data.inspection.groups import groups
from luthier.data.inspection.leakage import seen_in_train
from luthier.data.inspection.text import exact_key, loose_of_exact, turns_of
from luthier.data.split import divide
from luthier.data_spec import SplitSpec
from luthier.errors import DataError


def connected(count: int, links: list[tuple[int, int]]) -> list[int]:
    return components(count, [one for one, _ in links], [other for _, other in links]).tolist()


def row(question: str, answer: str) -> list[tuple[str, str]]:
    return [(question, answer)]


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
    found = inspect(row(*pair) for pair in pairs)
    try:
        names = divide(groups(found, range(len(pairs))), SplitSpec(), seed)
    except DataError:
        assume(False)
    train = [pair for pair, name in zip(pairs, names, strict=True) if name == "train"]
    test = [pair for pair, name in zip(pairs, names, strict=True) if name == "test"]
    for side in (0, 1):
        held_out, seen = ({loose_of_exact(exact_key(pair[side])) for pair in rows} for rows in (test, train))
        assert not held_out & seen


def test_near_prompt_or_answer_ties_rows_together():
    rows = [
        row("How do I reset the password of my account?", "Click on forgot."),
        row("How do I reset the password of my account please?", "Ask your administrator."),
        row("When are you open?", "Ask your administrator!"),
        row("What does it cost?", "Ten euros."),
    ]
    assert groups(inspect(rows), range(4)) == [0, 0, 0, 3]


def test_duplicates_and_contradictions():
    long = "The quick brown fox jumps over the lazy dog near the old river bank"
    rows = [
        row("Tell me.", long),
        row("tell  ME.", long.upper()),
        row("Tell me", long + "!"),
        row("Tell me.", "Something else altogether, about ships."),
        row("A different question about boats?", long),
    ]
    found = inspect(rows)
    assert found.exact.tolist() == [-1, 0, -1, -1, -1]
    assert found.near.tolist() == [-1, 0, 0, -1, -1], "a text that recurs with another partner is no duplicate"
    assert found.repeated("off") == {} and found.repeated("exact") == {1: 0} and found.repeated("near") == {1: 0, 2: 0}
    assert found.conflicting_prompts == 1
    assert found.conflicting.tolist() == [True, True, False, True, False]


def test_labels_do_not_tie_rows_together():
    rows = [row(f"text {word(i)}", "yes" if i % 2 else "no") for i in range(100)]
    found = inspect(rows)
    assert found.answers_are_labels
    assert len(set(groups(found, range(100)))) == 100


def test_canned_answers_tie_rows_together():
    rows = [row(f"text {word(i)}", f"Thank you for your message about {word(i % 5)}.") for i in range(100)]
    assert len(set(groups(inspect(rows), range(100)))) == 5


def test_an_instruction_that_all_rows_share_does_not_make_them_alike():
    same = "Sort the following review of a product into one of the classes good, bad and neutral: "
    assert near_pairs([same + word(i) for i in range(60)]).one.tolist() == []


def test_a_thousand_variants_are_linked_in_linear_work():
    base = " ".join(f"word{i}" for i in range(60))
    texts = [f"{base} {i:03}" for i in range(300)] + [
        f"{i} {i * 7} {i * 13} other words of no kin {i}" for i in range(900)
    ]
    found = near_pairs(texts)
    links = [(a, b) for a, b in zip(found.one.tolist(), found.other.tolist(), strict=True) if a < 300 and b < 300]
    assert len(links) <= 2 * 32 * 300
    assert connected(300, links) == [0] * 300


def test_leakage_counts_rows():
    rows = [row("What?", "That"), row("Who?", "He"), row("what", "Else"), row("New", "that!"), row("Fresh", "Novel")]
    found = inspect(rows)
    assert seen_in_train(found, range(2), range(2, 5)).equal == 2
    labels = found._replace(labels={"That": 1})
    assert seen_in_train(labels, range(2), range(2, 5)).equal == 1


def conversation(*texts: str) -> list[tuple[str, str]]:
    roles = ("user", "assistant") * len(texts)
    return turns_of([{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)])


def test_every_answer_of_a_conversation_ties_rows_together():
    rows = [
        conversation("Where is the key?", "Under the mat.", "And the lamp?", "On the shelf by the window."),
        conversation("Where is the key?", "Under the mat."),
        conversation("Hello", "How can I help?", "Who wrote Hamlet?", "Shakespeare did."),
        conversation("Hello", "How can I help?", "What does it cost?", "Ten euros."),
    ]
    assert groups(inspect(rows), range(4)) == [0, 0, 2, 3], "a greeting with which no row ends ties nothing"


def test_leakage_of_an_earlier_turn():
    found = inspect(
        [
            conversation("Q1", "A1"),
            conversation("Q1", "A1", "Q2", "A2"),
            conversation("Q1", "A1", "Q3", "A3"),
        ]
    )
    assert seen_in_train(found, [1], [0]).equal == 1
    assert seen_in_train(found, [0], [1]).equal == 1
    assert seen_in_train(found, [1], [2]).equal == 0


def test_nearly_equal_rows_leak_too():
    question = "How do I reset the password of my account at the shop"
    rows = [
        row(f"{question}?", "Click on forgot."),
        row(f"{question}", "Ask your administrator."),
        row(f"{question} now?", "Write to the people at the desk."),
        row("How do I reset the password of my new account please?", "It cannot be done at present."),
        row("When are you open?", "At nine."),
    ]
    assert seen_in_train(inspect(rows), [0], [1, 2, 3, 4]) == (1, 2, 3)


def test_an_empty_prompt_ties_nothing_and_contradicts_nothing():
    found = inspect([row("", "Long ago there was a king."), row("", "The sea is deep and blue."), row("", "Go.")])
    assert groups(found, range(3)) == [0, 1, 2]
    assert not found.conflicting.any() and found.conflicting_prompts == 0
    assert seen_in_train(found, [0], [1, 2]) == (0, 0, 0)


def test_keys_of_conversations_tie_rows_together():
    rows = [row(word(index), word(index + 100)) for index in range(6)]
    assert groups(inspect(rows), range(6), [7, -1, 7, -1, 9, 9]) == [0, 1, 0, 3, 4, 4]
    assert groups(inspect(rows), [2, 3, 5], [7, -1, 9]) == [2, 3, 5]
