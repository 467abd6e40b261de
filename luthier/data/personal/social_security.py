"""US Social Security numbers, by the rules of the Social Security Administration (no 000, 666, 9xx; no 00; no 0000)."""

import re
from collections.abc import Iterator

from luthier.data.personal.found import Found
from luthier.data.personal.nearby import says, words

_NUMBER = re.compile(
    r"\d(?<![A-Za-z0-9_./#+-].)(?<!000)\d\d(?<!000)(?<!666)(?<!9\d\d)([- ]?)(?!00)\d\d\1(?!0000)\d{4}"
    r"(?![A-Za-z0-9_]|[-./]\d)"
)
_SAYS = words(
    " ssn,social sec, soc , itin ,tax id,taxpayer",
    "phone, tel , tel.,order,invoice,account,routing,ticket, case ,serial, part , ref, zip",
)


def social_security(text: str) -> Iterator[Found]:
    for match in _NUMBER.finditer(text):
        told = says(_SAYS, text, match.start())
        if told == "good" or (match[1] == "-" and told != "bad"):
            yield Found("ssn", match.start(), match.end())
