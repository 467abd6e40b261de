"""Whether a conversation can be learned from: who speaks when, and that something is said."""

from luthier.data.formats.tools import CALL
from luthier.data.record import Fault, Record
from luthier.rows import Message

NEXT = {"user": ("assistant",), "assistant": ("user", "tool"), "tool": ("assistant", "tool")}
"""Who may speak after whom; the likeliest first."""


def check_structure(record: Record) -> None:
    """Sets the fault of a record whose messages are not (system) user assistant … user assistant.

    After an assistant's calls come the tools' results, then the assistant again. A call may be the last.
    """
    record.fault = _order(record.messages) or _texts(record.messages)


def _order(messages: list[Message]) -> Fault | None:
    roles = [message["role"] for message in messages]
    begin = 1 if roles[:1] == ["system"] else 0
    if not roles[begin:]:
        found = "only a system prompt" if roles else "no message"
        why = "A row is learned from its answers"
        return Fault("no_turns", f"the conversation holds {found}", why, "Add a question and an answer", "messages")
    expected: tuple[str, ...] = ("user",)
    calls = 0
    for at, role in enumerate(roles[begin:], start=begin):
        if role == "tool" and not calls:
            return _result_without_call(at)
        if role not in expected:
            return _out_of_order(at, role, expected[0])
        calls = messages[at]["content"].count(CALL) if role == "assistant" else calls - 1
        expected = NEXT[role]
    if roles[-1] != "assistant":
        why = "A row is learned from its answers"
        fix = "Add the answer or take the question out"
        who = "user" if roles[-1] == "user" else "result of a tool"
        return Fault("no_answer", f"the conversation ends with the {who}; expected assistant", why, fix, "messages")
    return None


def _out_of_order(at: int, role: str, expected: str) -> Fault:
    what = f"roles out of order: message {at + 1} is from {role}; expected {expected}"
    why = "User and assistant take turns, the user first; a system prompt may stand before them"
    return Fault("roles_out_of_order", what, why, "Join or reorder the messages", f"messages[{at}].role")


def _result_without_call(at: int) -> Fault:
    what = f'messages[{at}].role is "tool"; expected a call of the assistant before it'
    why = "A tool answers what the assistant called"
    return Fault("result_without_call", what, why, "Add the tool_calls or take the result out", f"messages[{at}].role")


def _texts(messages: list[Message]) -> Fault | None:
    for index, message in enumerate(messages):
        field = f"messages[{index}].content"
        if message["role"] != "tool" and not message["content"].strip():  # a tool may have nothing to say
            what = f"message {index + 1} ({message['role']}) is empty; expected a text"
            why = "There is nothing to learn from an empty text"
            return Fault("empty_text", what, why, "Fill it in or take the row out", field)
        if "\0" in message["content"]:
            what = f"message {index + 1} ({message['role']}) holds a NUL character"
            return Fault("nul_byte", what, "Text holds none; the row is damaged", "Take it out", field)
    return None
