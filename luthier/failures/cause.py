"""What a cause of a failure is: how it is known, what it means, what helps, and what `luthier retry` would change."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from luthier.failures.evidence import Evidence


class Change(NamedTuple):
    """A key of the spec, its value, and why that one."""

    key: str
    value: Any
    reason: str


Propose = Callable[[Evidence], list[Change]]


def nothing(_evidence: Evidence) -> list[Change]:
    """The spec is right as it is."""
    return []


@dataclass(frozen=True)
class Cause:
    """`why` and `fix`: one or two sentences for people; `fix` is what to do before the run is started again.

    proposes: in words, what `change` comes to; empty where it changes nothing.
    """

    name: str
    title: str
    why: str
    fix: str
    fits: Callable[[Evidence], bool]
    change: Propose = nothing
    proposes: str = ""

    @property
    def anchor(self) -> str:
        """Of its heading, as Markdown viewers make it."""
        return re.sub(r"[^\w\- ]", "", self.title.lower()).replace(" ", "-")

    @property
    def guide(self) -> str:
        return f"docs/troubleshooting.md#{self.anchor}"
