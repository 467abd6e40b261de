"""A table with names of its own is read where one pair of columns is clear."""

import pytest

from luthier.errors import DataError

LONG, REPLY = "Where is my parcel? It was due on Monday.", "It is with the courier and comes tomorrow."


@pytest.mark.parametrize(
    ("row", "ask", "answer"),
    [
        ({"Customer message": LONG, "Agent reply": REPLY}, "Customer message", "Agent reply"),
        ({"input": "2+2", "output": "four"}, "input", "output"),
        ({"query": LONG, "response": REPLY}, "query", "response"),
        ({"user": LONG, "bot": REPLY}, "user", "bot"),
        ({"text": LONG, "summary": "Parcel late"}, "text", "summary"),
        ({"Frage": LONG, "Antwort": REPLY}, "Frage", "Antwort"),
        ({"source": "Hund", "target": "dog"}, "source", "target"),
        ({"text": LONG, "label": "positive"}, "text", "label"),
        ({"text": LONG, "label": "1"}, "text", "label"),
        ({"userMessage": LONG, "modelResponse": REPLY}, "userMessage", "modelResponse"),
        ({"id": "7", "prompt": LONG, "response": REPLY, "category": "post"}, "prompt", "response"),
        (
            {"ticket_id": "T-1", "created": "2024-05-01", "Question text": LONG, "Reply": REPLY},
            "Question text",
            "Reply",
        ),
        ({"article": LONG, "highlights": REPLY, "id": "a1"}, "article", "highlights"),
    ],
)
def test_one_clear_pair_is_taken_with_a_warning(take, row, ask, answer):
    found = take([row] * 3, "data.csv")
    assert found.texts == [[f"user: {row[ask]}", f"assistant: {row[answer]}"]] * 3
    assert found.layout.format.name == "prompt_completion"
    assert (found.layout["prompt"], found.layout["completion"]) == (ask, answer)
    told = f'read "{ask}" → "{answer}" (a guess; set data.columns: {{prompt: …, completion: …}} if it is wrong)'
    assert found.layout.guessed == told


def test_an_instruction_with_its_context_is_one_question(take):
    row = {"instruction": "What is late?", "context": LONG, "response": REPLY, "category": "closed_qa"}
    found = take([row] * 2)
    assert found.texts[0] == [f"user: What is late?\n\n{LONG}", f"assistant: {REPLY}"]
    assert found.layout.format.name == "alpaca" and "a guess" in found.layout.guessed


def test_two_answers_are_refused_with_the_setting_that_decides(take):
    row = {"Customer message": LONG, "Agent reply": REPLY, "Second reply": "Tomorrow."}
    with pytest.raises(DataError) as caught:
        take([row], "data.csv")
    assert 'two columns could be the answer: "Agent reply", "Second reply"' in str(caught.value)
    assert 'set data.columns.completion: "Agent reply"' in str(caught.value)
    found = take([row], "data.csv", columns={"completion": "Second reply"})
    assert found.texts == [[f"user: {LONG}", "assistant: Tomorrow."]]
    assert '"Customer message" → "Second reply"' in found.layout.guessed


def test_two_questions_are_refused(take):
    row = {"query": LONG, "prompt text": LONG, "reply": REPLY}
    with pytest.raises(DataError, match='two columns could be the question: .*set data.columns.prompt: "query"'):
        take([row], "data.csv")
    assert take([row], columns={"prompt": "query"}).texts == [[f"user: {LONG}", f"assistant: {REPLY}"]]


@pytest.mark.parametrize(
    "row",
    [
        {"first": LONG, "second": REPLY},  # the longest columns are no pair
        {"customer_id": "C-1", "agent_id": "A-2", "city": "Oslo"},
        {"question_id": "17", "answer_score": "4"},
        {"customer": "ACME", "agent": "Kim"},  # people, not what they say
        {"query": "2024-01-01", "response": "17"},
    ],
)
def test_no_pair_is_no_guess(take, row):
    with pytest.raises(DataError) as caught:
        take([row] * 3, "data.csv")
    assert "no known format" in str(caught.value) and all(name in str(caught.value) for name in row)


def test_named_columns_are_no_guess(take):
    found = take([{"a": LONG, "b": REPLY}], columns={"prompt": "a", "completion": "b"})
    assert found.texts == [[f"user: {LONG}", f"assistant: {REPLY}"]] and found.layout.guessed == ""
