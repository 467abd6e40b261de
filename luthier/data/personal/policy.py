"""What is done with what is found, by kind."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from luthier.data.personal.found import Found

REPORT, MASK, REFUSE = "report", "mask", "refuse"
NEED_MODEL = ("name", "place")
"""Looked for only where the policy names them: `all` does not mean them."""


class Policy(NamedTuple):
    """Called with a kind, it says what is done. `names` looks for names of people and places, or is None."""

    chosen: Mapping[str, str]
    names: Callable[[str], list[Found]] | None = None

    def __call__(self, kind: str) -> str:
        return self.chosen.get(kind) or self.chosen.get("all", REPORT)


def policy_of(spec: Mapping[str, str]) -> Policy:
    """From the spec's data.personal. DataError where names are asked for and cannot be looked for."""
    wanted = tuple(kind for kind in NEED_MODEL if kind in spec)
    if not wanted:
        return Policy(spec)
    from luthier.data.personal.names import finder

    return Policy(spec, finder(wanted))
