"""Each flaw is found where it is planted, and good rows have none."""

import pytest

from luthier.data.inspection.flaws import FLAWS, flaws, notes

QUESTION = "How long does it take until my parcel arrives?"
GOOD = "Parcels inside the country take two days, abroad a week; you get a message with a link on the day."

PLANTED = {
    "mojibake": ["Das Paket kommt spÃ¤ter, weil die StraÃŸe gesperrt ist.", "The caf\ufffd is closed."],
    "invisible": ["Please pay\u200b now.", "Read \u202ethis\u202c.", "hi\x08dden", "pay\u200dpal", "a\U000e0041b"],
    "encoded": [
        "Run " + "aGVsbG8gV29ybGQ5" * 6,
        "Bytes: " + "deadbeef01" * 10,
        "See " + "%41%42%43%44%45%46%47%48%49%50" * 3,
    ],
    "homoglyphs": ["Log in at p\u0430ypal to see it.", "Write to \u0410pple."],
    "html": ["Your parcel<br/>is on its way.", "Tom&nbsp;and Jane.", '<a href="x">Here</a> it is.'],
    "refusal": [
        "As an AI language model, I cannot help with that.",
        "I'm sorry, but I can't assist with that request.",
        "I am unable to provide that information. Is there anything else you need?",
        "I cannot fulfill this request.",
        "I'm just an AI and have no opinion.",
        "Es tut mir leid, aber dabei kann ich dir nicht helfen.",
        "Je ne peux pas répondre à cette question.",
        "Lo siento, pero no puedo ayudar con eso.",
    ],
    "boilerplate": [
        "Sure! Here is the list: one, two, three.",
        "Certainly, it takes a week.",
        "It takes a week. I hope this helps!",
        "A week. Let me know if you have any questions.",
    ],
    "loop": ["go to the shop and buy it " * 8, "Yes " + "a" * 30],
    "truncated": [
        "```python\nprint(1)\n",
        "Parcels inside the country take two days, abroad they may take up to a week because of the",
        "Parcels inside the country take two days, and abroad they may take up to a week, or more,",
    ],
    "echo": ["how long does it take until my parcel arrives? A week."],
}


def chat(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


@pytest.mark.parametrize(("name", "answer"), [(name, each) for name, texts in PLANTED.items() for each in texts])
def test_what_is_planted_is_found(name, answer):
    assert name in flaws(chat(QUESTION, answer))


def test_every_flaw_is_planted():
    assert set(PLANTED) == set(FLAWS)


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        "Über die Straße, später als Größe 38: schön.",
        "Пожалуйста, войдите в систему с паролем и SMSом.",
        "می‌خواهم به خانه بروم.",
        "👩‍👩‍👧 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿 are fine.",
        "שלום \u2067abc\u2069",
        "See https://example.com/a/very/long/path/that/goes/on/and/on/and/on/1234567890/index for more.",
        "I'm sorry to hear that. We will send a new one today, and you can keep the broken one at no cost.",
        "I cannot give discounts by phone. In the shop, though, you get ten percent off shoes and twenty off boots: "
        "bring the leaflet that came with your parcel, and show it to the people at the desk.",
        "You can't help but love it: the engine is strong, the seats are soft, and nobody can provide a better price.",
        "Energy E = hν, Δt in μs, π times r².",
        "```html\n<p>Hello</p>\n```",
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n| --- | --- |\n| --- | --- |\n| --- | --- |\n| --- | --- |",
        "Tom & Jane: 3 < 4.",
        "\u4f60\u597d\uff0c\u4e16\u754c\u3002",
    ],
)
def test_good_rows_have_no_flaw(answer):
    assert flaws(chat(QUESTION, answer)) == set()


def test_every_answer_of_a_conversation_counts():
    messages = chat(QUESTION, PLANTED["refusal"][0]) + chat("And abroad, please?", GOOD)
    assert flaws(messages) == {"refusal"}


def test_a_question_may_be_hard_to_read_but_is_not_a_refusal():
    assert flaws(chat(PLANTED["refusal"][0], GOOD)) == set()


def test_notes():
    assert notes(chat("x" * 400, "yes")) == {"one_sided"}
    assert notes(chat(QUESTION, f"{GOOD} See https://example.com for more.")) == {"url"}
    assert notes(chat(QUESTION, GOOD[:-5])) == {"open_end"}
    assert notes(chat(QUESTION, GOOD)) == set()
