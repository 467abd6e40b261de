"""Payment cards: an issuer's range (ISO/IEC 7812), its lengths, and the Luhn digit."""

import re
from collections.abc import Iterator

from luthier.data.personal.found import Found
from luthier.data.personal.nearby import says, words

_NUMBER = re.compile(
    r"\d(?<![A-Za-z0-9_./-].)(?:\d{11,18}+|\d{3}([ -])\d{4}\1\d{4}(?:\1\d{4})?|\d{3}([ -])\d{6}\2\d{4,5})"
    r"(?![A-Za-z0-9_]|[-.]\d)"
)
"""In one piece, in fours, or as American Express and Diners Club group theirs."""

_REST = re.compile(r"[ -]\d{1,3}(?![A-Za-z0-9_]|[-.]\d)")
"""The last digits of 17 to 19 in fours; after a card of 16 it is something else (the code on its back)."""

_ISSUERS = (  # first digits from, to, and lengths
    ("4", "4", {13, 16, 18, 19}),  # Visa
    ("51", "55", {16}),  # Mastercard
    ("2221", "2720", {16}),
    ("34", "34", {15}),  # American Express
    ("37", "37", {15}),
    ("6011", "6011", {16, 19}),  # Discover
    ("644", "659", {16, 19}),
    ("300", "305", {14, 16}),  # Diners Club
    ("3095", "3095", {14, 16}),
    ("36", "36", {14, 16, 19}),
    ("38", "39", {14, 16, 19}),
    ("35", "35", {16, 17, 18, 19}),  # JCB: 3528 to 3589, and nobody else has the rest
    ("2131", "2131", {15}),
    ("1800", "1800", {15}),
    ("62", "62", {16, 17, 18, 19}),  # UnionPay
    ("2200", "2204", {16, 17, 18, 19}),  # Mir
    ("60", "60", {16}),  # RuPay
    ("81", "82", {16}),
    ("508", "508", {16}),
    ("50", "50", set(range(12, 20))),  # Maestro
    ("56", "58", set(range(12, 20))),
    ("6304", "6304", set(range(12, 20))),
    ("6390", "6390", set(range(12, 20))),
    ("67", "67", set(range(12, 20))),
)

_SAYS = words(
    "card,visa,amex,american express,master,maestro,discover,diners,jcb,rupay,credit,debit,karte,carte,tarjeta,carta"
    ",cartao,cartão,kaart, cc , pan ,カード",
    "order,invoice,track,ticket, ref,barcode, ean , upc , gtin,isbn,imei,serial, sku ,timestamp, id ,parcel",
)

SHORT = 13
"""Digits. Up to here a number is as well a bar code (EAN-13): it counts only where words or blanks say card."""


def cards(text: str) -> Iterator[Found]:
    for match in _NUMBER.finditer(text):
        rest = _REST.match(text, match.end()) if match[1] else None
        for end in (rest.end(), match.end()) if rest else (match.end(),):
            written = text[match.start() : end]
            digits = written.replace(" ", "").replace("-", "")
            if _issued(digits) and luhn(digits) and _meant(text, match.start(), written, digits):
                yield Found("card", match.start(), end)
                break


def _meant(text: str, start: int, written: str, digits: str) -> bool:
    told = says(_SAYS, text, start)
    return told == "good" or (told != "bad" and (len(digits) > SHORT or len(written) > len(digits)))


def _issued(digits: str) -> bool:
    return (
        any(first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in _ISSUERS)
        and len(set(digits)) > 1
    )


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    total = sum(map(int, digits[::-2]))
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0
