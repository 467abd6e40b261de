"""When two texts count as the same."""

import unicodedata
from hashlib import blake2b

from luthier.rows import Message


def exact_key(text: str) -> str:
    """The text without differences of case, width and white space."""
    if text.isascii():  # the same, faster
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def loose_of_exact(exact: str) -> str:
    """The exact key without punctuation; one of punctuation only keeps it."""
    return _without_punctuation(exact) or exact


def _without_punctuation(exact: str) -> str:
    return " ".join(exact.translate(_WITHOUT_PUNCTUATION).split())


def turns_of(messages: list[Message]) -> list[tuple[str, str]]:
    """Each answer of a conversation, as all of them are learned, with what was said since the answer before it.

    Its prompt is everything said before it, as `Prompt` gathers it. A system prompt is left out: whole data sets share
    one.
    """
    turns: list[tuple[str, str]] = []
    since: list[str] = []
    for message in messages:
        if message["role"] == "assistant":
            turns.append(("\n".join(since), message["content"]))
            since = []
        elif message["role"] != "system":
            since.append(message["content"])
    return turns


class Running:
    """A text that grows word by word: the hash of all of it, and its last characters."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=8)
        self.end = ""

    def add(self, words: str) -> None:
        if words:
            grown = f" {words}" if self.end else words
            self._hash.update(grown.encode("utf-8", "surrogatepass"))
            self.end = (self.end + grown)[-REMEMBERED:]

    @property
    def digest(self) -> bytes:
        return self._hash.copy().digest()


class Prompt:
    """What was said before an answer, in time linear in its length however many answers it has.

    `exact` and `loose` are of all of it. For likeness only the last REMEMBERED characters count: two prompts that
    differ before them only resemble each other, but are not equal.
    """

    def __init__(self) -> None:
        self.exact, self._loose = Running(), Running()

    def add(self, text: str) -> None:
        """White space lies between two messages, so that their keys are keys of the whole."""
        words = exact_key(text)
        self.exact.add(words)
        self._loose.add(_without_punctuation(words))

    @property
    def loose(self) -> Running:
        return self._loose if self._loose.end else self.exact


REMEMBERED = 4000
"""Characters of a prompt, counted from its end, that are compared with other prompts."""


class _PunctuationToSpace(dict[int, int]):
    """A table for `str.translate` that is filled as characters turn up."""

    def __missing__(self, code: int) -> int:
        self[code] = ord(" ") if unicodedata.category(chr(code)).startswith("P") else code
        return self[code]


_WITHOUT_PUNCTUATION = _PunctuationToSpace()
