"""Passwords that a text gives away: `password: xyz`, `pwd=xyz`, `the password is xyz`.

A value has to look like one: `password: please reset` and `password = input()` are none.
"""

import re
from collections.abc import Iterator

from luthier.data.personal.found import Found

SIGNS = ("passw", "pwd", "passphrase", "passcode", "mot de passe", "kennwort", "contraseña", "senha", "wachtwoord",
         "hasło", "парол", "密码", "密碼", "パスワード", "비밀번호")  # fmt: skip

_SAID = re.compile(
    rf"(?i)(?<!//)(?:{'|'.join(SIGNS)})(?:ords?\b|ort\b|d\b|ь\b)?(?P<marks>[\"'`*]{{0,3}} ?"
    r"(?:(?:is|was|ist|lautet|est|es|é|to) ?:?|:=|=>|[:=：は](?:\*\*)?) ?(?P<quote>\*\*|[\"'`]{0,2}))"
    r"(?P<value>[^\s\"'`<>,;\[\]]{4,64})(?P<after>\[?)"
)
_NO_VALUE = re.compile(
    r"(?i)passw\w*|secret|changeme|[*•x._-]+|\$[{(].*|\$[a-z_]+|\{.*|%[(]?[a-z_]+[)]?s?%?|.*://.*"
    r"|(?:your|my|new|old|some|the)[_-].*|self\..*|os\..*|[/~].*/.*"
)
_CALL = re.compile(r"[a-z_.]{3,}\([\w.]*\)?")


def passwords(text: str) -> Iterator[Found]:
    for match in _SAID.finditer(text):
        value = match["value"].rstrip(".:" if "(" in match["value"] else ".:)")
        if len(value) >= 4 and not match["after"] and _plausible(value, match["marks"], match["quote"]):
            start = match.start("value")
            yield Found("password", start, start + len(value))


def _plausible(value: str, marks: str, quote: str) -> bool:
    if _NO_VALUE.fullmatch(value) or _CALL.fullmatch(value):
        return False
    value = value.rstrip("!?")
    has_letter, has_digit = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    assigned = any(sign in marks for sign in ":=：")
    has_sign = any(sign in "!@#$%^&*+?=~" for sign in value)
    if has_digit or has_sign:
        return has_letter or assigned or len(value) > 5
    return bool(quote) and assigned
