"""No text takes long: neither many ordinary ones nor a long one made to be dear."""

import time

import pytest
from planted_personal import corpus

from luthier.data.personal.find import find

DEAR = [
    "a", "1", "1 ", "12 ", "12345678 ", "@", "a@", "a@b.", "(", "+1", "1:", "1.", "1-", "eyJaaaaaaaaa.",
    "sk-aaaaaaaaaaaaaaaaaa ",
    "-----BEGIN PRIVATE KEY-----", "://a:b", "password is ", "1api_key", "DE12 ", "a (at) ", "[EMAIL_1]", "4111 ",
    "AccountKey=", "bob@example.com ", "日本語１２",
]  # fmt: skip


@pytest.mark.parametrize("piece", DEAR)
def test_a_long_text(piece):
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    find(text)
    assert time.process_time() - started < 2, "200 KB; a pattern that backtracks takes minutes"


def test_ordinary_texts():
    words = " ".join(corpus()).split()
    texts = [" ".join(words[at : at + 60]) for at in range(0, len(words), 60)]
    started = time.process_time()
    for text in texts:
        find(text)
    assert len(texts) / (time.process_time() - started) > 8_000, "texts for each second of the processor"
