"""A message a row becomes conversations."""

import pytest

from luthier.errors import DataError, SpecError

TICKETS = [
    {"Ticket ID": "T1", "Sender": "Customer", "Message": "My card is blocked.", "Sent at": "2024-05-01 09:00"},
    {"Ticket ID": "T2", "Sender": "Customer", "Message": "Hello?", "Sent at": "2024-05-01 09:01"},
    {"Ticket ID": "T1", "Sender": "Agent", "Message": "I will unblock it.", "Sent at": "2024-05-01 09:02"},
    {"Ticket ID": "T1", "Sender": "Agent", "Message": "Done.", "Sent at": "2024-05-01 09:03"},
    {"Ticket ID": "T2", "Sender": "Agent", "Message": "Yes, how can I help?", "Sent at": "2024-05-01 09:04"},
]
FIRST = ["user: My card is blocked.", "assistant: I will unblock it.\nDone."]


@pytest.mark.parametrize("name", ["d.csv", "d.jsonl", "d.json", "d.parquet"])
def test_interleaved_tickets(take, name):
    found = take(TICKETS, name)
    assert found.layout.format.name == "message_table"
    assert 'read "Sender" as author, "Message" as text' in found.layout.guessed
    assert found.texts == [FIRST, ["user: Hello?", "assistant: Yes, how can I help?"]]
    first, second = found.sound
    assert (first.group, second.group) == ("T1", "T2") and first.time == 1714554000.0
    assert first.place == found.source.where(first.number) and first.number < second.number
    assert first.raw.count(b"\n") == 2 and (b"Done." in first.raw and b"Hello" not in first.raw)


def test_messages_are_put_in_order_of_time(take):
    assert take([TICKETS[3], TICKETS[2], TICKETS[0]], "d.csv").texts == [FIRST]


def test_without_a_key_silence_parts_conversations(take):
    rows = [
        {"time": f"2024-05-01T{hour}:00:00", "author": who, "text": text}
        for hour, who, text in [("08", "Anna", "a"), ("09", "Ben", "b"), ("17", "Anna", "c"), ("22", "Ben", "d")]
    ]
    found = take(rows, assistant="ben")
    assert found.texts == [["user: a", "assistant: b"], ["user: c", "assistant: d"]] and not found.layout.guessed
    assert [record.number for record in found.sound] == [1, 3] and found.sound[1].place == "data.jsonl:3"


def test_a_whatsapp_chat(take):
    chat = (
        "01/05/2024, 09:00 - Messages and calls are end-to-end encrypted.\n"
        "01/05/2024, 09:00 - Anna: Do you repair violins?\n"
        "01/05/2024, 09:01 - Anna: <Media omitted>\n"
        "01/05/2024, 09:05 - Ben: We do.\nBring it along.\n"
    )
    found = take(chat, "chat.txt", assistant="Ben")
    assert found.texts == [["user: Do you repair violins?", "assistant: We do.\nBring it along."]]
    assert found.rows.count(None) == 2


def test_names_tell_who_answers(take):
    rows = [
        {"conversation_id": 1, "author": who, "text": text}
        for who, text in [("Kim", "Hi"), ("Support Team", "Hello"), ("Kim", "Thanks"), ("Customer Support", "Bye")]
    ]
    assert take(rows).texts == [["user: Hi", "assistant: Hello", "user: Thanks", "assistant: Bye"]]


def test_nothing_tells_who_answers(take):
    rows = [{"time": "2024-05-01", "author": who, "text": "x"} for who in ("Anna", "Ben", "Anna")]
    with pytest.raises(DataError) as caught:
        take(rows)
    assert "Authors: Anna (2), Ben (1)" in str(caught.value) and 'et data.assistant: "NAME"' in str(caught.value)
    with pytest.raises(SpecError, match='data.assistant: no message is by "Cleo".*Anna'):
        take(rows, assistant="Cleo")


def test_several_answer(take):
    rows = [{"time": "2024-05-01", "author": who, "text": who} for who in ("Anna", "Ben", "Cleo", "Dan")]
    assert take(rows, assistant="Cleo, BEN").texts == [["user: Anna", "assistant: Ben\nCleo"]]


def test_openings_and_unanswered_questions_are_kept_aside(take):
    rows = [
        {"thread_id": "a", "role": role, "content": text}
        for role, text in [("system", "Be kind."), ("bot", "Welcome"), ("user", "Hi"), ("bot", "Hello"), ("user", "?")]
    ]
    found = take(rows)
    assert found.texts == [["system: Be kind.", "user: Hi", "assistant: Hello"]]
    assert found.sound[0].meta == {"thread_id": "a", "opening": "Welcome", "unanswered": "?"}


def test_a_conversation_without_an_answer_is_a_fault(take):
    rows = [*TICKETS, {**TICKETS[0], "Ticket ID": "T3"}]
    (fault,) = take(rows, "d.csv").faults
    assert fault.startswith("d.csv:7: nobody answers in this conversation")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"Message": ""}, '"Message" is empty'),
        ({"Message": 7}, '"Message" is a number'),
        ({"Sender": ""}, '"Sender" is empty'),
        ({"Sender": None}, '"Sender" is empty'),
    ],
)
def test_a_row_without_author_or_text_is_faulty_by_itself(take, change, told):
    found = take([*TICKETS, {**TICKETS[0], **change}], "d.jsonl")
    (fault,) = found.faults
    assert fault.startswith("d.jsonl:6: ") and told in fault and len(found.sound) == 2


def test_columns_may_be_named(take):
    rows = [{"a": "x", "b": "customer", "c": "Hi", "d": 3}, {"a": "x", "b": "agent", "c": "Hello", "d": 4}]
    found = take(rows, format="message_table", columns={"author": "b", "text": "c", "group": "a", "time": "d"})
    assert found.texts == [["user: Hi", "assistant: Hello"]] and found.sound[0].group == "x"


def test_a_table_of_texts_with_authors_is_no_chat(take):
    found = take([{"author": "Austen", "date": "1813", "text": "It is a truth.", "label": "novel"}] * 3, "d.csv")
    assert found.layout.format.name == "prompt_completion"


def test_without_key_and_time_a_system_prompt_begins_a_conversation(take):
    rows = [{"role": role, "content": role} for role in ("system", "user", "assistant")] * 2
    assert take(rows).texts == [["system: system", "user: user", "assistant: assistant"]] * 2
