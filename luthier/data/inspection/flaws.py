"""What is held against a row for itself."""

from luthier.data.inspection.signals.echo import echo
from luthier.data.inspection.signals.encoded import encoded
from luthier.data.inspection.signals.homoglyphs import homoglyphs
from luthier.data.inspection.signals.html import html
from luthier.data.inspection.signals.invisible import invisible
from luthier.data.inspection.signals.loop import loop
from luthier.data.inspection.signals.mojibake import mojibake
from luthier.data.inspection.signals.one_sided import one_sided
from luthier.data.inspection.signals.refusal import refusal
from luthier.data.inspection.signals.stock_phrases import stock_phrases
from luthier.data.inspection.signals.unfinished import open_end, unfinished
from luthier.data.inspection.signals.url import url
from luthier.rows import Message

OF_TEXTS = {
    "mojibake": mojibake,
    "invisible": invisible,
    "encoded": encoded,
    "homoglyphs": homoglyphs,
    "html": html,
}
"""Of all that is said in a row."""

OF_ANSWERS = {
    "refusal": refusal,
    "boilerplate": stock_phrases,
    "loop": loop,
    "truncated": unfinished,
}

FLAWS = (*OF_TEXTS, *OF_ANSWERS, "echo")

NOTES = ("one_sided", "open_end", "url")
"""Neither good nor bad in themselves; what they mean, the whole set tells."""


def flaws(messages: list[Message]) -> set[str]:
    """Names from FLAWS; every answer of the row is looked at, as all are learned."""
    answers = [message["content"] for message in messages if message["role"] == "assistant"]
    text = "\n".join(message["content"] for message in messages)
    found = {name for name, tells in OF_TEXTS.items() if tells(text)}
    found |= {name for name, tells in OF_ANSWERS.items() if any(map(tells, answers))}
    if any(echo(before["content"], after["content"]) for before, after in _answered(messages)):
        found.add("echo")
    return found - {"invisible"} if "mojibake" in found else found  # such characters come of the wrong decoding


def notes(messages: list[Message]) -> set[str]:
    """Names from NOTES, of the last answer."""
    answer = messages[-1]["content"]
    asked = sum(len(message["content"]) for message in messages[:-1])
    told = {"one_sided": one_sided(asked, len(answer)), "open_end": open_end(answer), "url": url(answer)}
    return {name for name, there in told.items() if there}


def _answered(messages: list[Message]) -> list[tuple[Message, Message]]:
    pairs = zip(messages, messages[1:], strict=False)
    return [(before, after) for before, after in pairs if before["role"] == "user" and after["role"] == "assistant"]
