"""Files of a conversation factory: each training pair is a row, numbered through the file."""

import pytest

PAIR = {"user_input": "I feel low.", "target_response": "I hear you. What happened?"}


def conversation(*pairs, **fields):
    return {"training_pairs": list(pairs), **fields}


def factory(conversations):
    """242 conversations with 1,567 pairs between them."""
    sizes = [7 if number < 115 else 6 for number in range(242)]
    topics = ("grief", "work", "money")
    return [
        conversation(
            *(
                {
                    "history": [{"role": "user", "content": f"q{number}.{at}"}, {"role": "assistant", "content": "a"}]
                    * at,
                    "user_input": f"question {number}.{at}",
                    "target_response": f"answer {number}.{at}",
                }
                for at in range(size)
            ),
            id=f"conv-{number}",
            metadata={"persona": "nurse", "topic": topics[number % 3], "scores": {"empathy": 4.5}},
        )
        for number, size in enumerate(sizes[:conversations])
    ]


@pytest.mark.parametrize("name", ["pairs.json", "pairs.jsonl"])
def test_a_whole_factory(take, name):
    conversations = factory(242)
    found = take({"conversations": conversations} if name == "pairs.json" else conversations, name)
    assert found.layout.format.name == "conversation_factory"
    assert len(found.rows) == 1567 and not found.faults
    assert [record.number for record in found.sound] == list(range(1, 1568))
    assert len({record.group for record in found.sound}) == 242
    last = found.sound[-1]
    assert last.place == f"training pair #1567 ({name})" and last.group == "conv-241"
    assert last.messages[-1] == {"role": "assistant", "content": "answer 241.5"} and len(last.messages) == 12
    assert last.meta == {"id": "conv-241", "persona": "nurse", "topic": "work", "scores.empathy": 4.5}


def test_a_missing_answer_reads_as_promised(take):
    conversations = factory(10)
    flat = [pair for each in conversations for pair in each["training_pairs"]]
    del flat[46]["target_response"]
    found = take({"conversations": conversations}, "pairs.json")
    assert found.faults == [
        'training pair #47 (pairs.json): missing "target_response". Each pair needs the answer to learn from. '
        "Add the field, or set data.on_bad_rows: quarantine."
    ]
    assert len(found.rows) == len(flat) and b"question" in next(row for row in found.rows if row.fault).raw


H = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
HISTORIES = {
    "messages": {"history": H, "user_input": "Bye"},
    "conversation_history": {"conversation_history": H, "user": "Bye"},
    "context": {"context": H, "prompt": "Bye"},
    "sharegpt": {"history": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}], "input": "Bye"},
    "exchanges": {"history": [{"user": "Hi", "assistant": "Hello"}], "user_input": "Bye"},
    "texts": {"history": ["Hi", "Hello"], "user_input": "Bye"},
    "ends with the question": {"history": [*H, {"role": "user", "content": "Bye"}]},
    "question twice": {"history": [*H, {"role": "user", "content": "Bye"}], "user_input": "Bye"},
}


@pytest.mark.parametrize("form", HISTORIES)
def test_histories(take, form):
    found = take([conversation({**HISTORIES[form], "target_response": "See you"}, system_prompt="Be kind.")])
    assert found.texts == [["system: Be kind.", "user: Hi", "assistant: Hello", "user: Bye", "assistant: See you"]]


def test_no_history_and_a_context_in_words(take):
    found = take([conversation({**PAIR, "history": None}, {**PAIR, "context": "Late at night."})])
    said = ["user: I feel low.", "assistant: I hear you. What happened?"]
    assert found.texts == [said, ["system: Late at night.", *said]]


def test_metadata_beside_the_pairs_and_in_them(take):
    row = conversation(
        {**PAIR, "scores": {"empathy": 5}}, PAIR, persona="coach", emotional_arc="low to calm", created_at="2024-05-01"
    )
    first, second = take([row]).sound
    both = {"persona": "coach", "emotional_arc": "low to calm", "created_at": "2024-05-01"}
    assert first.meta == {**both, "scores.empathy": 5} and second.meta == both
    assert first.group == second.group == "1" and first.time == second.time == 1714521600.0


@pytest.mark.parametrize(
    ("row", "place", "told"),
    [
        ({"topic": "x"}, "conversation #2", 'missing "training_pairs"'),
        (conversation(), "conversation #2", "holds no training pair"),
        ({"training_pairs": {"a": 1}}, "conversation #2", "is an object; expected a list"),
        (conversation("x"), "training pair #2", "the pair is a text, not an object"),
        (conversation({"target_response": "x"}), "training pair #2", 'missing "user_input"'),
        (conversation({**PAIR, "target_response": " "}), "training pair #2", '"target_response" is empty'),
        (conversation({**PAIR, "target_response": 7}), "training pair #2", '"target_response" is a number'),
        (conversation({**PAIR, "history": "x"}), "training pair #2", '"history" is a text; expected a list'),
        (
            conversation({**PAIR, "history": [{"role": "x", "content": "y"}]}),
            "training pair #2",
            'history[0].role is "x"',
        ),
        (conversation({**PAIR, "history": H[:1]}), "training pair #2", "roles out of order"),
    ],
)
def test_faults(take, row, place, told):
    found = take([conversation(PAIR), row, conversation(PAIR)], "pairs.json")
    (fault,) = found.faults
    assert fault.startswith(f"{place} (pairs.json): ") and told in fault and len(found.rows) == 3


def test_other_names_of_the_fields(take):
    columns = {"training_pairs": "samples", "target_response": "gold", "user_input": "said"}
    found = take([{"samples": [{"said": "Hi", "gold": "Hello"}]}], columns=columns)
    assert found.texts == [["user: Hi", "assistant: Hello"]]
