"""What was said in an exported chat, as turns that can be learned from."""

from collections.abc import Iterable

from luthier.data.formats.unusable import Unusable
from luthier.data.record import Fault, Record
from luthier.rows import Message


def dialogue(record: Record, spoken: Iterable[tuple[str, str]]) -> list[Message]:
    """Messages in a row from one side are joined. `spoken` holds roles and texts.

    What cannot be learned goes to the meta data: greetings before the first question ("opening"), and questions
    after the last answer ("unanswered").
    """
    system, turns = _joined(spoken)
    opening = turns.pop(0)["content"] if turns and turns[0]["role"] == "assistant" else ""
    unanswered = turns.pop()["content"] if turns and turns[-1]["role"] == "user" else ""
    if opening:
        record.meta["opening"] = opening
    if unanswered:
        record.meta["unanswered"] = unanswered
    if not turns:
        raise Unusable(_no_answer(opening, unanswered))
    return [{"role": "system", "content": system}, *turns] if system else turns


def _joined(spoken: Iterable[tuple[str, str]]) -> tuple[str, list[Message]]:
    """The system prompt and the turns. What a system says later on is a notice, and left out."""
    system: list[str] = []
    turns: list[Message] = []
    for role, text in spoken:
        if role == "system":
            system += [] if turns else [text]
        elif turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n{text}"
        else:
            turns.append({"role": role, "content": text})
    return "\n".join(system), turns


def _no_answer(opening: str, unanswered: str) -> Fault:
    found = "only the assistant speaks" if opening and not unanswered else "nobody answers"
    found = found if opening or unanswered else "nothing is said"
    why = "A conversation is learned from its answers"
    fix = "Take it out, or name whose messages are the answers in data.assistant"
    return Fault("no_answer", f"{found} in this conversation", why, fix, "messages")
