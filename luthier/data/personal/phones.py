"""Telephone numbers: a shape, what the words before it say, and the numbering plans of the package phonenumbers."""

import re
from collections.abc import Iterator
from functools import lru_cache

from luthier.data.personal.found import Found
from luthier.data.personal.nearby import FAR, says, words
from luthier.data.personal.phone_shapes import DATE, QUARTET, SHAPES

_RUN = re.compile(r"[+(\d][\d ().+/-]*+")
_GROUP = re.compile(r"(?:\+ ?)?\(?\d++")
_OTHER = re.compile(r"01234567890?|\d{5}-\d{4}")  # counting, and codes of places in the United States
_AMOUNT = re.compile(r"\+\d{1,3}(?: \d{3})+")
FEWEST, MOST = 7, 15
"""Digits (ITU-T E.164)."""

_WITH_ZERO = ("GB", "DE", "FR", "IT", "NL", "JP", "AU", "SE", "IN", "CH")
REGIONS = {
    "america_blanks": ("US",),
    "brackets": _WITH_ZERO,
    "trunk": _WITH_ZERO,
    "brazil": ("BR",),
    "spain": ("ES",),
    "india": ("IN",),
    "whole": _WITH_ZERO,
}
"""Whose plan has to know a number of that shape, where no word says telephone; shapes without are plain enough."""

PLAIN = ("america", "america_signs", "france", "asia")
"""Shapes that nothing else has."""

_ANY = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "IN", "JP", "PL", "SE")

_SAYS = words(
    "phone, tel , tel.,telef,téléphone,telem, call,mobile, cell,whatsapp,whats app, sms , text me, text him, text her"
    ", text us, fax, dial,reach me,reach him,reach her,reach us,contact,hotline,landline,handy,mobil ,rufnummer, anruf"
    ",portable,appel,joindre,móvil,llam,celular,cellulare,chiam, ligue, bel ,mobiel,komór,my number,his number"
    ",her number,ring me,電話,携帯,फ़ोन,फोन,मोबाइल",
    "order,invoice,ticket,track, case , ref,isbn,issn,account, sku ,serial, part ,version, item,article, id ,?id "
    ",timestamp,epoch,price, cost,total,amount,balance,barcode, ean ,model, row , rows , line , lines ,bestell,rechnung"
    ",kunden,commande,facture,pedido,factura,ordine,fattura, doi ,coordinates,latitude,longitude,parcel,policy"
    ",contract",
)


def phones(text: str) -> Iterator[Found]:
    for run in _RUN.finditer(text):
        if len(run.group()) >= FEWEST and _enough(run.group()):
            yield from _in_run(text, run.start(), run.end())


def _enough(run: str) -> bool:
    return sum(map(str.isdigit, run)) >= FEWEST


def _in_run(text: str, start: int, stop: int) -> Iterator[Found]:
    """A number may begin with any group of digits: `at 10 555-123-4567`."""
    at = start
    while group := _GROUP.search(text, at, stop):
        at = group.end()
        if (shape := SHAPES.match(text, group.start())) and (end := _end(text, shape, start)):
            yield Found("phone", shape.start(), end)
            at = max(at, end)


def _end(text: str, shape: re.Match[str], run: int) -> int:
    """Where the number ends, or 0 for none. Further groups may follow that are none of it: a year, a time.

    Where it does not begin its `run` of digits it may be the rest of a long figure, 1.331 025 051 20.
    """
    if not _enough(shape.group()):
        return 0
    kind = next(
        name for name, value in shape.groupdict().items() if value and name not in ("between", "sign", "extension")
    )
    first, near = shape.start() == run, shape.start() - run < FAR  # else nothing but digits stands before
    told = says(_SAYS, text, shape.start()) if near else ""
    if kind != "international" and (told == "bad" or not (first or told == "good" or kind in PLAIN)):
        return 0
    end = shape.end(kind)
    if _is_number(kind, shape[kind], told):
        return shape.end()
    while kind in ("international", "any", "trunk") and (shorter := _without_last(text[shape.start() : end])):
        end = shape.start() + len(shorter)
        if _is_number(kind, shorter, told):
            return end
    return 0


def _without_last(written: str) -> str:
    shorter = re.sub(r"[ ./-]+\(?\d+\)?$", "", written)
    return shorter if shorter != written and _enough(shorter) else ""


def _is_number(kind: str, written: str, told: str) -> bool:
    if not FEWEST <= sum(map(str.isdigit, written)) <= MOST:
        return False
    if kind == "international" and (told != "good" or written.startswith("+")):
        return _is_international(written)
    if kind != "france" and told != "good" and (len(set(written)) < 4 or _OTHER.fullmatch(written)):
        return False
    if kind != "france" and (DATE.match(written) or QUARTET.fullmatch(written)):
        return False
    if kind in PLAIN:
        return True
    if told == "good" and kind == "any" and written.isdigit() and len(written) == FEWEST:
        return False  # without a prefix people write 555-1234
    if told == "good":  # a 0 before all is how one dials, whether or not a plan knows the rest
        return written.lstrip("(").startswith("0") or any(_possible(written, region) for region in _ANY)
    return any(_valid(written, region) for region in REGIONS.get(kind, ()))


def _is_international(written: str) -> bool:
    """Of the length that its country has; where it may be an amount, a sum or a code too, a number that exists."""
    number = re.sub(r"^00 ?", "+", written.replace("(0)", ""))
    if re.fullmatch(r"\+ \d+\)?", written):
        return False  # a sum
    if written.startswith("+ ") or not written.startswith("+") or _AMOUNT.fullmatch(written):
        return _valid(number, None)
    return not DATE.match(written, 1) and _possible(number, None)


@lru_cache(10_000)
def _possible(written: str, region: str | None) -> bool:
    import phonenumbers

    number = _parsed(written, region)
    return number is not None and phonenumbers.is_possible_number(number)


@lru_cache(10_000)
def _valid(written: str, region: str | None) -> bool:
    import phonenumbers

    number = _parsed(written, region)
    return number is not None and phonenumbers.is_valid_number(number)


def _parsed(written: str, region: str | None):
    import phonenumbers

    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
