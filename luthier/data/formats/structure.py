"""Whether a conversation can be learned from: who speaks when, and that something is said."""

from luthier.data.record import Fault, Record
from luthier.rows import Message


def check_structure(record: Record) -> None:
    """Sets the fault of a record whose messages are not (system) user assistant … user assistant."""
    record.fault = _order(record.messages) or _texts(record.messages)


def _order(messages: list[Message]) -> Fault | None:
    roles = [message["role"] for message in messages]
    turns = roles[1:] if roles[:1] == ["system"] else roles
    if not turns:
        found = "only a system prompt" if roles else "no message"
        why = "A row is learned from its answers"
        return Fault("no_turns", f"the conversation holds {found}", why, "Add a question and an answer", "messages")
    for index, role in enumerate(turns):
        expected = "assistant" if index % 2 else "user"
        if role != expected:
            at = index + len(roles) - len(turns)
            what = f"roles out of order: message {at + 1} is from {role}; expected {expected}"
            why = "User and assistant take turns, the user first; a system prompt may stand before them"
            return Fault("roles_out_of_order", what, why, "Join or reorder the messages", f"messages[{at}].role")
    if turns[-1] != "assistant":
        why = "A row is learned from its answers"
        fix = "Add the answer or take the question out"
        return Fault("no_answer", "the conversation ends with the user; expected assistant", why, fix, "messages")
    return None


def _texts(messages: list[Message]) -> Fault | None:
    for index, message in enumerate(messages):
        field = f"messages[{index}].content"
        if not message["content"].strip():
            what = f"message {index + 1} ({message['role']}) is empty; expected a text"
            why = "There is nothing to learn from an empty text"
            return Fault("empty_text", what, why, "Fill it in or take the row out", field)
        if "\0" in message["content"]:
            what = f"message {index + 1} ({message['role']}) holds a NUL character"
            return Fault("nul_byte", what, "Text holds none; the row is damaged", "Take it out", field)
    return None
