"""Calls of tools are kept as text, in one way."""

import pytest

ASK = {"role": "user", "content": "Weather in Oslo?"}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": '{"celsius": 4}'}
TELL = {"role": "assistant", "content": "It is 4 °C."}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}

CALLED = '<tool_call>\n{"name":"weather","arguments":{"city":"Oslo"}}\n</tool_call>'


def test_a_call_its_result_and_the_answer(take):
    (said,) = take([{"messages": [ASK, CALL, RESULT, TELL]}]).texts
    assert said == ["user: Weather in Oslo?", f"assistant: {CALLED}", 'tool: {"celsius": 4}', "assistant: It is 4 °C."]


def test_a_call_may_be_what_is_learned(take):
    assert take([{"messages": [ASK, CALL]}]).texts == [["user: Weather in Oslo?", f"assistant: {CALLED}"]]


def test_several_calls_behind_a_text(take):
    both = {**CALL, "content": "Let me look.", "tool_calls": CALL["tool_calls"] * 2}
    (said,) = take([{"messages": [ASK, both, RESULT, RESULT, TELL]}]).texts
    assert said[1] == f"assistant: Let me look.\n{CALLED}\n{CALLED}" and said[3].startswith("tool: ")


def test_the_older_spelling(take):
    call = {"role": "assistant", "function_call": {"name": "weather", "arguments": '{"city": "Oslo"}'}, "content": ""}
    (said,) = take([{"messages": [ASK, call, {"role": "function", "name": "weather", "content": "4"}, TELL]}]).texts
    assert said[1:3] == [f"assistant: {CALLED}", "tool: 4"]


def test_the_spelling_of_sharegpt(take):
    turns = [("human", "Weather?"), ("function_call", '{"name": "weather", "arguments": {"city": "Oslo"}}')]
    turns += [("observation", "4"), ("gpt", "It is 4 °C.")]
    (said,) = take([{"conversations": [{"from": who, "value": text} for who, text in turns]}]).texts
    assert said[1:3] == [f"assistant: {CALLED}", "tool: 4"]


@pytest.mark.parametrize("name", ["tools", "functions"])
def test_definitions_stand_in_the_system_prompt(take, name):
    system = {"role": "system", "content": "Be brief."}
    defined = [TOOL] if name == "tools" else [TOOL["function"]]
    (said,) = take([{"messages": [system, ASK, TELL], name: defined}]).texts
    assert said[0].startswith("system: Be brief.\n\n# Tools\n")
    written = '{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}'
    assert f"<tools>\n{written}\n</tools>" in said[0]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([ASK, TELL, RESULT, TELL], 'messages[2].role is "tool"; expected a call of the assistant before it'),
        ([ASK, CALL, RESULT, RESULT, TELL], 'messages[3].role is "tool"; expected a call'),
        ([RESULT, TELL], 'messages[0].role is "tool"'),
        ([ASK, CALL, RESULT], "ends with the result of a tool; expected assistant"),
        ([ASK, CALL, RESULT, ASK], "message 4 is from user; expected assistant"),
        ([ASK, {**CALL, "tool_calls": [{"function": {"arguments": "{}"}}]}], "messages[1] calls a tool without a name"),
        ([ASK, {**CALL, "tool_calls": "x"}], "tool_calls is a text; expected a list"),
        (
            [ASK, {**CALL, "tool_calls": [{"function": {"name": "weather", "arguments": "{Oslo"}}]}],
            'the arguments of "weather" are not JSON',
        ),
        (
            [ASK, {**CALL, "tool_calls": [{"function": {"name": "weather", "arguments": "[1]"}}]}],
            'the arguments of "weather" are a list; expected an object',
        ),
    ],
)
def test_faults(take, messages, told):
    (fault,) = take([{"messages": [ASK, TELL]}, {"messages": messages}]).faults
    assert fault.startswith("data.jsonl:2: ") and told in fault
