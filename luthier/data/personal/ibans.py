"""Bank accounts: ISO 13616. Lengths are those of SWIFT's IBAN registry; the check is mod 97-10 of ISO 7064."""

import re
from collections.abc import Iterator

from luthier.data.personal.found import Found

_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FK", "FO", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("CH", "HN", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}

_START = re.compile(r"([A-Za-z]{2})(?=[ -]?\d\d)(?<![A-Za-z0-9_/]..)")
_WHOLE = {
    length: re.compile(rf"(?:[ -]?[A-Za-z0-9]){{{length}}}+(?![A-Za-z0-9])")
    for length in sorted(set(_LENGTHS.values()))
}


def ibans(text: str) -> Iterator[Found]:
    for match in _START.finditer(text):
        length = _LENGTHS.get(match[1].upper())
        whole = _WHOLE[length].match(text, match.start()) if length else None
        if whole and _checked(whole.group().replace(" ", "").replace("-", "").upper()):
            yield Found("iban", *whole.span())


def _checked(account: str) -> bool:
    return account[2:4].isdigit() and int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1
