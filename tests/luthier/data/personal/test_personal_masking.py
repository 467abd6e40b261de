"""What is done with what was found: masks that hold over a conversation, refusals, and texts to show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luthier.data.personal.find import find
from luthier.data.personal.masks import MASK
from luthier.data.personal.policy import policy_of
from luthier.data.personal.protect import hidden, protect, row_fault

ALL = policy_of({"all": "mask"})


def talk(*texts: str) -> list:
    return [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)]


def said(protected) -> list[str]:
    return [message["content"] for message in protected.messages]


def test_policy():
    policy = policy_of({"all": "mask", "key": "refuse", "email": "report"})
    assert [policy(kind) for kind in ("email", "key", "phone")] == ["report", "refuse", "mask"]
    assert policy_of({})("card") == "report"


def test_the_same_value_has_the_same_mask_in_all_of_a_conversation():
    row = talk(
        "I am Bob@Example.com, call +49 30 901820.",
        "Bob, is bob@example.com or ann@example.com right? And +49 (0)30 901820?",
        "IBAN DE89 3704 0044 0532 0130 00, that is DE89370400440532013000. Card 4111-1111-1111-1111, 4111111111111111",
    )
    masked = protect(row, {"phone": "+4930901820", "note": "ann@example.com", "score": 3}, ALL)
    assert said(masked) == [
        "I am [EMAIL_1], call [PHONE_1].",
        "Bob, is [EMAIL_1] or [EMAIL_2] right? And [PHONE_1]?",
        "IBAN [IBAN_1], that is [IBAN_1]. Card [CARD_1], [CARD_1]",
    ]
    assert masked.meta == {"phone": "[PHONE_1]", "note": "[EMAIL_2]", "score": 3}
    assert masked.counts == {"email": 4, "phone": 3, "iban": 2, "card": 2} and not masked.refused
    assert row[0]["content"].startswith("I am Bob@"), "the row that was given stays as it was"


def test_reported_rows_stay_the_same_objects():
    row, meta = talk("bob@example.com"), {"from": "203.0.113.195"}
    found = protect(row, meta, policy_of({}))
    assert found.messages is row and found.meta is meta and found.counts == {"email": 1, "ip": 1}


def test_only_the_kinds_to_mask_are_masked():
    found = protect(talk("bob@example.com, +49 30 901820"), {}, policy_of({"phone": "mask"}))
    assert said(found) == ["bob@example.com, [PHONE_1]"] and found.counts == {"email": 1, "phone": 1}


def test_a_fields_name_says_what_its_value_is():
    found = protect(talk("hello"), {"customer.phone_number": "5550143321", "order_id": "5550143321"}, ALL)
    assert found.meta == {"customer.phone_number": "[PHONE_1]", "order_id": "5550143321"}
    assert found.messages == talk("hello")
    assert protect([], {"order_note": "to 202-555-0143"}, ALL).meta == {"order_note": "to [PHONE_1]"}


def test_numbers_that_stand_in_the_text_already_are_not_given_again():
    found = protect(talk("[EMAIL_1] wrote to bob@example.com"), {}, ALL)
    assert said(found) == ["[EMAIL_1] wrote to [EMAIL_2]"]


def test_refused_rows_say_the_kinds_and_no_value():
    row = talk("card 4111 1111 1111 1111", "sk-proj-abcdefghij1234567890 for bob@example.com")
    found = protect(row, {}, policy_of({"key": "refuse", "card": "refuse", "email": "mask"}))
    assert found.refused == ["card", "key"]
    fault = row_fault(found.refused)
    assert fault.code == "personal_data" and fault.what == "holds a card number and a key (secret)"
    assert "4111" not in " ".join(fault) and "sk-" not in " ".join(fault)


def test_rows_to_show():
    assert hidden("bob@example.com: 2 of [EMAIL_1]") == "[EMAIL]: 2 of [EMAIL_1]"
    assert hidden('{"prompt": "Hi\\n202-555-0143\\nBye"}') == '{"prompt": "Hi\\n[PHONE]\\nBye"}'
    assert hidden("nothing to hide 2024") == "nothing to hide 2024"


PIECES = st.sampled_from(
    [
        "bob@example.com", "+49 30 901820", "202-555-0143", "4111 1111 1111 1111", "457-55-5462", "203.0.113.195",
        "DE89 3704 0044 0532 0130 00", "2001:db8::8a2e:370:7334", "sk-proj-abcdefghij1234567890", "password: xK3_pq",
        "postgres://bob:tr0ub4dor@db.example.org", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "eyJ",
        "[EMAIL_1]", "[PHONE]", "@", "://", " (at) ", " ", "\n", ".", "-", ":", "1", "0", "x", "call ", "pwd=", "Ω",
        "１",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=12).map("".join))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(TEXTS)
def test_places_are_in_order_inside_the_text_and_apart(text):
    at = 0
    for _, start, end in find(text):
        assert at <= start < end <= len(text)
        at = end


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_masked_rows_hold_nothing_and_stay_as_they_are(texts):
    once = protect(talk(*texts), {"note": texts[0]}, ALL)
    assert all(not find(text) for text in said(once))
    twice = protect(once.messages, once.meta, ALL)
    assert twice.messages is once.messages and twice.counts == {}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS)
def test_the_other_text_stays(text):
    """Each piece between two masks stands in the text, in this order."""
    at = 0
    for piece in MASK.sub("\0", said(protect(talk(text), {}, ALL))[0]).split("\0"):
        at = text.index(piece, at) + len(piece)
    assert not find(hidden(text))


VALUES = [
    ("email", "bob@example.com"), ("phone", "+49 30 901820"), ("card", "4111 1111 1111 1111"), ("ssn", "457-55-5462"),
    ("ip", "203.0.113.195"), ("iban", "DE89370400440532013000"), ("key", "sk-proj-abcdefghij1234567890"),
]  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(VALUES), st.text(st.characters(categories=["Ll", "Lu", "Zs"]), max_size=40))
def test_no_planted_value_survives(planted, around):
    kind, value = planted
    masked = said(protect(talk(f"{around} {value} {around}"), {}, ALL))[0]
    assert value not in masked and f"[{kind.upper()}_1]" in masked


@pytest.mark.parametrize("surrogate", ["\ud800", "a\udfff@b.com", "1\ud8002345678"])
def test_broken_unicode_does_no_harm(surrogate):
    find(surrogate)
    hidden(surrogate)
