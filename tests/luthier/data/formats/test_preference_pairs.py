"""A chosen and a rejected answer: the chosen one is learned, the other is kept."""

import pytest

from luthier.data.personal.policy import Policy
from luthier.data.personal.protect import protect

ASK, GOOD, BAD = "How do I boil an egg?", "Seven minutes in boiling water.", "No idea."
TURN = {"role": "user", "content": ASK}


def answer(text):
    return {"role": "assistant", "content": text}


HH = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: {ask}\n\nAssistant: {answer}"
FORMS = {
    "texts": {"prompt": ASK, "chosen": GOOD, "rejected": BAD},
    "messages": {"prompt": [TURN], "chosen": [answer(GOOD)], "rejected": [answer(BAD)]},
    "whole conversations": {"chosen": [TURN, answer(GOOD)], "rejected": [TURN, answer(BAD)]},
    "prompt repeated": {"prompt": ASK, "chosen": [TURN, answer(GOOD)], "rejected": [TURN, answer(BAD)]},
    "prompt as transcript": {"prompt": f"\n\nHuman: {ASK}\n\nAssistant:", "chosen": GOOD, "rejected": BAD},
    "transcripts": {
        "chosen": f"\n\nHuman: {ASK}\n\nAssistant: {GOOD}",
        "rejected": f"\n\nHuman: {ASK}\n\nAssistant: {BAD}",
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(take, form):
    found = take([FORMS[form]] * 2)
    assert found.layout.format.name == "preference" and found.layout.guessed == ""
    assert found.layout.note.startswith(
        "preference pairs: the chosen answers are learned rather than the rejected ones"
    )
    assert found.texts[0] == [f"user: {ASK}", f"assistant: {GOOD}"]
    assert found.sound[0].meta["rejected"] == BAD


def test_transcripts_of_several_turns(take):
    found = take([{"chosen": HH.format(ask=ASK, answer=GOOD), "rejected": HH.format(ask=ASK, answer=BAD)}])
    assert found.texts == [["user: Hi", "assistant: Hello.", f"user: {ASK}", f"assistant: {GOOD}"]]
    assert found.sound[0].meta == {"rejected": BAD}


def test_what_parts_before_the_last_answer_is_a_text_of_its_own(take):
    """Personal data are looked for in texts alone, and a text in the place of the last answer would be compared."""
    turns = [TURN, answer(BAD), {"role": "user", "content": "Ask jo@firm.example?"}, answer("Yes.")]
    (row,) = take([{"chosen": [TURN, answer(GOOD)], "rejected": turns}]).sound
    assert row.meta == {"rejected_turns": f"assistant: {BAD}\n\nuser: Ask jo@firm.example?\n\nassistant: Yes."}
    masked = protect(row.messages, row.meta, Policy({"email": "mask"})).meta["rejected_turns"]
    assert "jo@firm.example" not in masked and "Yes." in masked


def test_long_rejected_answers_are_kept_whole(take):
    assert take([{**FORMS["texts"], "rejected": "no " * 500}]).sound[0].meta["rejected"] == "no " * 500


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"prompt": ASK, "chosen": GOOD, "rejected": GOOD}, '"chosen" and "rejected" are the same'),
        ({"prompt": ASK, "chosen": GOOD}, 'missing "rejected"'),
        ({"chosen": GOOD, "rejected": BAD}, 'missing "prompt"'),
        ({"prompt": ASK, "chosen": 7, "rejected": BAD}, '"chosen" is a number; expected a text'),
    ],
)
def test_faults(take, row, told):
    (fault,) = take([FORMS["texts"], row]).faults
    assert told in fault
