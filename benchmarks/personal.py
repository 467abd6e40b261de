"""What is found of planted personal data, by kind and locale, and what looking costs.

python -m benchmarks.personal [VALUES]      of each kind and locale, 200 say

The values are Faker's, keys are made of the forms that issuers publish; they stand between sentences of the ChatterBot
corpus. `named`: with a word that says what it is ("call me on …"); `bare`: without.
"""

import sys
import time
from pathlib import Path

from stdnum import iban

from luthier.data.personal.find import find

sys.path.insert(0, str(Path(__file__).parent.parent / "tests/luthier/data/personal"))

from planted_personal import LOCALES, NAMED, corpus, planted  # noqa: E402

WORDS = 60
ROWS = 20_000


def recall(kind: str, named: bool, values: int) -> dict[str, float]:
    """By locale; `all` for all of them. Found is what is of the kind and covers the whole value."""
    locales = LOCALES if kind not in ("ssn", "key") else ("en_US",)
    rows: dict[str, list[bool]] = {locale: [] for locale in locales}
    for row in planted(kind, values, named=named, locales=locales):
        if kind == "iban" and not iban.is_valid(row.value, check_country=False):
            continue  # Faker's for en_IN are a letter short
        found = find(row.text)
        rows[row.locale].append(any(each[0] == kind and each[1] <= row.start and row.end <= each[2] for each in found))
    every = [hit for hits in rows.values() for hit in hits]
    return {"all": sum(every) / len(every), **{locale: sum(hits) / len(hits) for locale, hits in rows.items() if hits}}


def speed(texts: list[str]) -> float:
    """Texts for each second of one processor."""
    started = time.process_time()
    for text in texts:
        find(text)
    return len(texts) / (time.process_time() - started)


def texts_of_words(planted_in: int) -> list[str]:
    """Every so many has a date, an order, a price, a telephone number and an address in it; 0: none."""
    words = " ".join(corpus()).split()
    full = "on 2024-05-16 at 12:30 order {0:08} costs 12.50 EUR, call 206-555-{1:04} or bob{0}@example.com"
    texts = []
    for number in range(ROWS):
        at = number * 37 % (len(words) - WORDS)
        extra = full.format(number * 4099, number % 10_000) if planted_in and number % planted_in == 0 else ""
        texts.append(" ".join(words[at : at + WORDS - len(extra.split())]) + extra)
    return texts


def main() -> None:
    values = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for kind in NAMED:
        for named in (True, False) if kind != "password" else (True,):
            found = recall(kind, named, values)
            worst = ", ".join(f"{locale} {share:.3f}" for locale, share in found.items() if share < 0.995)
            print(f"{kind:9} {'named' if named else 'bare':6} {found['all']:.3f}  {worst}", flush=True)
    said = corpus("*")
    flagged = sum(bool(find(text)) for text in said)
    print(f"clean texts flagged: {flagged} of {len(said):,}")
    for planted_in in (0, 4, 1):
        print(f"1 text in {planted_in or '-'} with numbers: {speed(texts_of_words(planted_in)):,.0f} texts/s")


if __name__ == "__main__":
    main()
