"""When two texts count as the same."""

import unicodedata

from luthier.rows import Message


def exact_key(text: str) -> str:
    """The text without differences of case, width and white space."""
    if text.isascii():  # the same, faster
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def loose_key(text: str) -> str:
    """`exact_key` without punctuation; a text of punctuation only keeps it."""
    return loose_of_exact(exact_key(text))


def loose_of_exact(exact: str) -> str:
    """`loose_key` of the text of which `exact` is the exact key."""
    return " ".join(exact.translate(_WITHOUT_PUNCTUATION).split()) or exact


def turns_of(messages: list[Message]) -> list[tuple[str, str]]:
    """Each answer of a conversation, as all of them are learned, with its prompt: everything said before it.

    A system prompt is left out: whole data sets share one.
    """
    said = [message for message in messages if message["role"] != "system"]
    return [
        ("\n".join(before["content"] for before in said[:index]), message["content"])
        for index, message in enumerate(said)
        if message["role"] == "assistant"
    ]


class _PunctuationToSpace(dict[int, int]):
    """A table for `str.translate` that is filled as characters turn up."""

    def __missing__(self, code: int) -> int:
        self[code] = ord(" ") if unicodedata.category(chr(code)).startswith("P") else code
        return self[code]


_WITHOUT_PUNCTUATION = _PunctuationToSpace()
