"""A row's personal data by the spec's policy: counted, masked, or a reason to refuse the row."""

import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, NamedTuple

from luthier.data.personal.find import apart, find
from luthier.data.personal.found import Found
from luthier.data.personal.masks import Numbers, replaced
from luthier.data.personal.policy import MASK, REFUSE, Policy
from luthier.data.record import Fault
from luthier.data_spec import PERSONAL_KINDS
from luthier.rows import Message

_ESCAPED = re.compile(r"\\[nrt]")

_PROSE = re.compile(r"[^\W\d_]{2,} ")

_TOLD = {
    "email": "an e-mail address",
    "phone": "a telephone number",
    "card": "a card number",
    "ssn": "a social security number",
    "iban": "a bank account (IBAN)",
    "ip": "an internet address",
    "key": "a key (secret)",
    "password": "a password",
    "name": "a person's name",
    "place": "a place",
}

ROUNDS = 5
"""Masking one value can bare another that it overlapped; each round leaves less to find."""


class Protected(NamedTuple):
    """`counts` is what was found, by kind; `refused` names the kinds for which the row may not stay.

    `messages` and `meta` are those given, the same objects, unless something in either was masked.
    """

    counts: dict[str, int]
    messages: list[Message]
    meta: dict[str, Any]
    refused: list[str]


def protect(messages: list[Message], meta: dict[str, Any], policy: Policy) -> Protected:
    counts: Counter[str] = Counter()
    look = _looker(policy)
    for text in [message["content"] for message in messages]:
        counts.update(each.kind for each in look(text))
    for name, value in meta.items():
        if _has_text(value):
            counts.update(each.kind for each in _in_field(look, name, str(value)))
    refused = [kind for kind in PERSONAL_KINDS if counts[kind] and policy(kind) == REFUSE]
    if refused or not any(policy(kind) == MASK for kind in counts):
        return Protected(dict(counts), messages, meta, refused)
    return Protected(dict(counts), *_masked(messages, meta, policy, look), refused)


def row_fault(refused: Collection[str]) -> Fault:
    """Says which kinds, never a value."""
    return Fault(
        "personal_data",
        f"holds {_listed([_TOLD[kind] for kind in refused])}",
        "data.personal refuses rows with it: a model can learn it by heart and repeat it to anybody.",
        f"Take it out of the row, or set data.personal to mask: {{{', '.join(f'{kind}: mask' for kind in refused)}}}",
    )


def hidden(text: str) -> str:
    """`text` as it may be shown in pages and logs: `[EMAIL]` for an address, whatever the policy is.

    Rows are shown as JSON too, where the blank before a number may be written \\n.
    """
    for _ in range(ROUNDS):
        found = find(_ESCAPED.sub("  ", text) if "\\" in text else text)
        if not found:
            break
        text = replaced(text, found, lambda kind, _: f"[{kind.upper()}]")
    return text


def hidden_field(name: str, value: str) -> str:
    """`hidden` for a field, whose name may say what its value is."""
    before = f"{name.replace('_', ' ').replace('.', ' ')}: "
    told = hidden(before + value)
    return told.removeprefix(before) if told.startswith(before) else hidden(value)


def _masked(
    messages: list[Message], meta: dict[str, Any], policy: Policy, look: Callable[[str], list[Found]]
) -> tuple[list[Message], dict[str, Any]]:
    texts = [message["content"] for message in messages]
    numbers = Numbers([*texts, *(value for value in meta.values() if isinstance(value, str))])

    def mask(text: str, seen: Callable[[str], list[Found]]) -> str:
        for _ in range(ROUNDS):
            found = [each for each in seen(text) if policy(each.kind) == MASK]
            if not found:
                break
            text = replaced(text, found, numbers)
        return text

    masked: list[Message] = [{**message, "content": mask(message["content"], look)} for message in messages]
    fields = {
        name: _changed(value, mask(str(value), partial(_in_field, look, name))) if _has_text(value) else value
        for name, value in meta.items()
    }
    return masked, fields


def _has_text(value: Any) -> bool:
    """A telephone or card number may stand in a field as a number."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def _changed(value: Any, masked: str) -> Any:
    return value if masked == str(value) else masked


def _looker(policy: Policy) -> Callable[[str], list[Found]]:
    names = policy.names
    return (lambda text: apart([*find(text), *names(text)], text)) if names else find


def _in_field(look: Callable[[str], list[Found]], name: str, value: str) -> list[Found]:
    """The field's name says what its value is: `phone: 2025550123`; prose says so itself."""
    if _PROSE.search(value):
        return look(value)
    before = f"{name.replace('_', ' ').replace('.', ' ')}: "
    found = look(before + value)
    return [Found(kind, start - len(before), end - len(before)) for kind, start, end in found if start >= len(before)]


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
