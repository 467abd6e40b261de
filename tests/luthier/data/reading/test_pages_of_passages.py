"""Pages that hold several passages, through the whole preparation."""

from test_documents import pdf
from unlike_words import word


def page(number: int) -> str:
    words = (word(place) for place in range(number * 700, number * 700 + 700))
    return " ".join(f"{each}." if place % 12 == 11 else each for place, each in enumerate(words))


def test_each_passage_has_its_place(work):
    _, found = work(pdf(*map(page, range(8))), "report.pdf", max_length=100_000)
    assert found["ok"] and found["accepted"] > 16
