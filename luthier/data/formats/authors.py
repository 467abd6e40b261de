"""Whose messages are the answers in an exported chat."""

from collections import Counter
from pathlib import Path

from luthier.data.formats.names import words
from luthier.data.formats.roles import ANSWERING, ASKING, role_of
from luthier.errors import DataError, SpecError

SHOWN = 20


class Authors:
    """Roles by author: as `data.assistant` says, else as their names tell.

    `counts` are the authors and their messages; `complete`: no author is missing among them.
    Raises DataError when nothing tells who answers, SpecError when `assistant` names nobody.
    """

    def __init__(self, counts: Counter[str], assistant: str | None, path: Path, complete: bool = True):
        self._named = {name.strip().casefold() for name in (assistant or "").split(",")} - {""}
        self._known: dict[str, str] = {}
        if self._named and complete and counts and not any(self._is_named(author) for author in counts):
            what = f'no message is by "{assistant}"'
            raise SpecError(what, f"Authors: {_listed(counts)}", "Name one of them.", "data.assistant")
        if not self._named and counts and not any(self.role(author) == "assistant" for author in counts):
            why = f"Authors: {_listed(counts)}"
            fix = 'Set data.assistant: "NAME" (an author or a role; several by comma).'
            raise DataError("nothing tells whose messages are the answers", why, fix, str(path))

    def role(self, author: str) -> str:
        known = self._known.get(author)
        if known is None:
            known = self._known[author] = self._role(author)
        return known

    def _role(self, author: str) -> str:
        if self._is_named(author):
            return "assistant"
        told = role_by_name(author)
        return "user" if self._named and told != "system" else told or "user"

    def _is_named(self, author: str) -> bool:
        return author.strip().casefold() in self._named


def role_by_name(author: str) -> str | None:
    """What a name tells of its bearer: system, user, assistant, or nothing. The last telling word decides."""
    whole = role_of(author)
    if whole in ("system", "user", "assistant"):
        return whole
    for word in reversed(words(author)):
        if word in ANSWERING:
            return "assistant"
        if word in ASKING:
            return "user"
    return None


def _listed(counts: Counter[str]) -> str:
    more = len(counts) - SHOWN
    listed = ", ".join(f"{author[:40]} ({count:,})" for author, count in counts.most_common(SHOWN))
    return f"{listed} and {more:,} more" if more > 0 else listed
