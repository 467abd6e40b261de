"""Messages as OpenAI, ShareGPT and their kin write them."""

import orjson
import pytest

ASK, TELL = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
SAID = ["user: Hi", "assistant: Hello"]


@pytest.mark.parametrize(
    ("row", "format", "said"),
    [
        ({"messages": [ASK, TELL]}, "messages", SAID),
        ({"messages": [ASK, TELL, ASK, TELL]}, "messages", SAID * 2),
        (
            {"messages": [{"role": "developer", "content": "Be brief."}, ASK, TELL]},
            "messages",
            ["system: Be brief."] + SAID,
        ),
        (
            {"messages": [{"role": "User", "content": "Hi"}, {"role": "ASSISTANT", "content": "Hello"}]},
            "messages",
            SAID,
        ),
        ({"messages": [{"role": "human", "content": "Hi"}, {"role": "model", "content": "Hello"}]}, "messages", SAID),
        ({"messages": [{"role": "prompter", "text": "Hi"}, {"role": "assistant", "text": "Hello"}]}, "messages", SAID),
        ({"messages": orjson.dumps([ASK, TELL]).decode()}, "messages", SAID),
        ({"messages": [ASK, TELL], "system": "Be brief."}, "messages", ["system: Be brief."] + SAID),
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}, "sharegpt", SAID),
        ({"conversations": [ASK, TELL]}, "sharegpt", SAID),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]},
                    TELL,
                ]
            },
            "messages",
            ["user: H\ni", "assistant: Hello"],
        ),
    ],
)
def test_spellings(take, row, format, said):
    found = take([row] * 3)
    assert found.layout.format.name == format and not found.layout.guessed and not found.layout.note
    assert found.texts == [said] * 3


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
            'a list with a part of type "image_url"',
        ),
        ({"role": "user", "content": [7]}, "a list with a number in it"),
        ({"role": "user", "content": 7}, "messages[0].content is a number; expected a text"),
        (
            {"role": "narrator", "content": "x"},
            'messages[0].role is "narrator"; expected system, user, assistant or tool',
        ),
        ({"role": None, "content": "x"}, "messages[0].role is null"),
    ],
)
def test_what_is_no_text_is_a_fault(take, turn, told):
    found = take([{"messages": [ASK, TELL]}, {"messages": [turn, TELL]}])
    assert len(found.sound) == 1
    (fault,) = found.faults
    assert (
        fault.startswith("data.jsonl:2: ") and told in fault and fault.endswith("or set data.on_bad_rows: quarantine.")
    )


def test_messages_of_one_row_are_not_changed_by_another(take):
    found = take([{"messages": [ASK, TELL], "topic": topic} for topic in "ab"])
    assert [record.meta for record in found.sound] == [{"topic": "a"}, {"topic": "b"}]
