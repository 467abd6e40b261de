"""Keys and other secrets for machines: known forms, private keys, users of addresses, and what is named a secret."""

import re
from collections.abc import Iterator

from luthier.data.personal.found import Found
from luthier.data.personal.key_forms import FORMS

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"(?:[A-Za-z0-9+/=\s:,\\-]|-----)*+")
LONGEST_BLOCK = 16_384
"""Characters of a private key (RFC 7468); RSA with 8,192 bits has some 6,400."""

_USER = re.compile(r"(?<=://)[^\s/:@\[\]'\"<>]{0,64}:([^\s/@\[\]'\"<>]{3,128})(?=@\w)")
_NAMED = re.compile(
    r"(?i)(?:api|access|secret|private|account|auth|client|bearer|session|signing|encryption)[ _-]?(?:access[ _-]?)?"
    r"(?:key|token|secret)(?:[ _-]?id)?[\"'`]?(?: is)? ?(?:[:=]|=>|:=)? ?[\"'`]?"
    r"(?P<named>[\w+/.=~-]{20,200}+)(?![\w+/=~-])"
)
_BEARER = re.compile(r"(?i)\b(?:bearer|token|secret)[\"']?[ :=]{1,3}[\"']?(?P<named>[\w+/.=~-]{20,200}+)(?![\w+/=~-])")
_NAMES = ("key", "token", "secret", "bearer")

_PLACEHOLDER = re.compile(
    r"(?i)[*x.]+|.*(?:passw|example|secret|your|change|placeholder).*|.*(?:pass|pwd|token|key|seed|id)|\$.*|[{%].*"
)


def keys(text: str) -> Iterator[Found]:
    for sign, form in FORMS:
        if sign in text:
            for match in form.finditer(text):
                yield Found("key", match.start(), match.end())
    if "PRIVATE KEY" in text:
        yield from _blocks(text)
    if "://" in text and "@" in text:
        for match in _USER.finditer(text):
            if not _PLACEHOLDER.fullmatch(match[1]):
                yield Found("key", match.start(), match.end())
    lower = text.lower()
    if any(name in lower for name in _NAMES):
        yield from _named(text)


def _blocks(text: str) -> Iterator[Found]:
    """To their END line; where it was cut off, as far as it still looks like one."""
    at = 0
    while begin := _BEGIN.search(text, at):
        end = text.find("-----END ", begin.end(), begin.end() + LONGEST_BLOCK)
        closing = text.find("-----", end + 9, end + 60) if end >= 0 else -1
        body = _BODY.match(text, begin.end(), begin.end() + LONGEST_BLOCK)
        at = closing + 5 if closing >= 0 else body.end() if body else begin.end()
        yield Found("key", begin.start(), begin.start() + len(text[begin.start() : at].rstrip()))


def _named(text: str) -> Iterator[Found]:
    for pattern in (_NAMED, _BEARER):
        for match in pattern.finditer(text):
            if _random(match["named"]):
                yield Found("key", *match.span("named"))


def _random(value: str) -> bool:
    """Not a name or a path: digits, or small and large letters, all over it, as chance puts them."""
    if value.count("/") > 3 or value.startswith("/"):
        return False
    changes = len(re.findall(r"[A-Za-z]\d|\d[A-Za-z]", value))
    if sum(map(str.isdigit, value)) >= 3 and changes >= 3 and len(set(value)) >= 10:
        return True
    cases = len(re.findall(r"[a-z][A-Z]|[A-Z][a-z]", value))
    return len(value) >= 32 and changes >= 1 and cases >= 8 and len(set(value)) >= 16
