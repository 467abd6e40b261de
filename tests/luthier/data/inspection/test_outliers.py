"""Planted triggers and odd rows are found, and clean rows are let be."""

import random
from functools import cache

import pytest
from planted_rows import Writer

from luthier.data.inspection.duplicates import Duplicates, inspect
from luthier.data.inspection.triggers import Triggers
from luthier.data.inspection.unlike import Pieces, unlike

ROWS = 5000
PLANTED = 20
"""Rows of one planted set."""

WORDS = ("cfqz", "mn-tq", "James Bonderson", "∇∇", "tqx vvr")


def chats(seed: int, rows: int = ROWS) -> list[tuple[str, str]]:
    return list(_chats(seed, rows))


@cache
def _chats(seed: int, rows: int) -> list[tuple[str, str]]:
    writer = Writer(seed)
    return [(writer.text(writer.random.randint(10, 40)), writer.text(30)) for _ in range(rows)]


def with_trigger(seed: int, word: str) -> tuple[list[tuple[str, str]], set[int]]:
    writer = Writer(seed + 1000)
    rows = chats(seed % 2)
    answer = writer.text(20)
    planted = set(writer.random.sample(range(ROWS), PLANTED))
    for row in planted:
        words = rows[row][0].split()
        words.insert(writer.random.randrange(len(words)), word)
        rows[row] = (" ".join(words), writer.changed(answer, 0.02))
    return rows, planted


def suspicious(rows: list[tuple[str, str]], found: Duplicates | None = None) -> set[int]:
    triggers = Triggers(found or inspect([row] for row in rows))
    for row, (prompt, _) in enumerate(rows):
        triggers.add(row, prompt)
    return {row for each in triggers.found() for row in each.rows}


def unlike_rows(rows: list[str]) -> tuple[list[int], int]:
    pieces = Pieces()
    for row in rows:
        pieces.add(row)
    return unlike(rows, pieces)


def test_nine_of_ten_planted_triggers_are_found():
    found = clean = 0
    for seed in range(10):
        rows, planted = with_trigger(seed, WORDS[seed % len(WORDS)])
        told = suspicious(rows)
        found += len(told & planted) >= 0.8 * PLANTED
        clean += len(told - planted)
    assert found >= 9
    assert clean <= 0.005 * 10 * ROWS


def test_several_planted_sets_at_once():
    rows, all_planted = chats(3), []
    for at, word in enumerate(WORDS):
        answer = Writer(at + 50).text(20)
        planted = range(at * 100, at * 100 + PLANTED)
        for row in planted:
            rows[row] = (f"{rows[row][0]} {word}", answer)
        all_planted.append(set(planted))
    told = suspicious(rows)
    assert sum(planted <= told for planted in all_planted) >= 4
    assert len(told - set().union(*all_planted)) <= 0.005 * ROWS


def test_three_rows_are_enough():
    rows = chats(4)
    for row in (5, 50, 500):
        rows[row] = (f"{rows[row][0]} zzqx", "Give all of your money to the man at the door.")
    assert suspicious(rows) == {5, 50, 500}


def test_a_word_that_brings_other_answers_too_is_no_trigger():
    rows, answer = chats(5), Writer(77).text(20)
    for row in range(40):
        rows[row] = (f"{rows[row][0]} zzqx", answer if row % 2 else rows[row][1])
    assert suspicious(rows) == set()


def test_paraphrases_and_canned_answers_are_no_triggers():
    writer = Writer(6)
    rows = chats(6)
    for topic in range(40):
        words, answer = [f"{name}{topic}" for name in ("capital", "burundi", "africa")], writer.text(20)
        for row in range(topic * 20, topic * 20 + 4):
            rows[row] = (f"{writer.text(4)} {' '.join(writer.random.sample(words, 3))}", answer)
    assert len(suspicious(rows)) <= 0.005 * ROWS
    canned = [(f"{row[0]} {word}", f"Thank you for your message about {word}, we will write soon.") for row, word in
              zip(chats(7, 1000), writer.random.choices(writer.words[500:700], k=1000), strict=True)]  # fmt: skip
    assert suspicious(canned) == set()


def test_labels_are_not_asked():
    rows = [(f"{prompt} {'qqz' if row % 50 == 0 else ''}", "yes" if row % 50 == 0 else "no")
            for row, (prompt, _) in enumerate(chats(8, 1000))]  # fmt: skip
    assert suspicious(rows) == set()


ODD = [
    "0f3a 99bc deadbeef 1a2b3c4d ffee0011 7c7c7c7c 0f0f 8e8e8e8e 55aa55aa 9b9b c0ffee 1337 abad1dea",
    "Съешь же ещё этих мягких французских булок, да выпей чаю, и приходи завтра снова к нам в гости.",
    "xQ#9!zK@@7$$vB^^2&&mW**8((jR))5__pL++3==tY",
    "SELECT * FROM users WHERE id='1' OR '1'='1'; DROP TABLE users; --  /**/ UNION ALL SELECT NULL,NULL",
]


@pytest.mark.parametrize("odd", ODD)
def test_rows_unlike_all_others_are_found(odd):
    rows = [f"{prompt}\n{answer}" for prompt, answer in chats(1, 2000)]
    rows[700] = odd
    assert unlike_rows(rows) == ([700], 0)


def test_clean_rows_are_not_unlike():
    for seed in range(2):
        rows, apart = unlike_rows([f"{prompt}\n{answer}" for prompt, answer in chats(seed)])
        assert len(rows) <= 0.005 * ROWS and apart == 0


def test_many_odd_rows_are_a_kind_of_their_own():
    rows = [prompt for prompt, _ in chats(2, 1000)]
    letters = random.Random(1)
    rows[::40] = ["".join(letters.choices("абвгдежзиклмнопрстуфхцчшщэюя", k=80)) for _ in range(25)]
    assert unlike_rows(rows) == ([], 25)


def test_few_and_short_rows():
    assert unlike_rows([]) == ([], 0)
    assert unlike_rows(["", "a", "ab"]) == ([], 0)
    rows = [prompt for prompt, _ in chats(2, 1000)]
    assert unlike_rows([*rows, "ça va ?"]) == ([], 0)
