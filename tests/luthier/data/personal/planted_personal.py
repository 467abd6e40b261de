"""Personal data by other hands: Faker's values and keys of published forms, planted into the ChatterBot corpus."""

import base64
import json
import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import chatterbot_corpus
import yaml
from faker import Faker

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "en_IN", "ja_JP", "pl_PL", "sv_SE")

NAMED = {  # a value seldom stands without a word for it
    "email": ("Please write to {} today.", "My email is {}.", "Contact: {}"),
    "phone": ("Please call me on {} today.", "My phone number is {}.", "Tel.: {}"),
    "card": ("Charge my card {} please.", "Card number: {}", "I paid with the Visa {}."),
    "ssn": ("My SSN is {}.", "Social security number: {}", "ssn {}, thanks"),
    "iban": ("Send it to {} please.", "IBAN: {}", "My account is {}."),
    "ip": ("The server has {} today.", "IP: {}", "I logged in from {}."),
    "key": ("Use {} for the call.", "key={}", "My token is {}."),
    "password": ("The password is {}.", "password: {}", "pwd={}"),
}
BARE = ("{}", "It is {}, I think.", "Sure: {} (ok).")


class Planted(NamedTuple):
    kind: str
    locale: str
    value: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.value)


def corpus(language: str = "english") -> list[str]:
    """What people say in the corpus's files of a language; `*` for all."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((Path(chatterbot_corpus.__file__).parent / "data").glob(f"{language}/*.yml"))
    talks = [yaml.load(path.read_text(encoding="utf-8"), loader)["conversations"] for path in files]
    turns = (turn for talk in talks for each in talk for turn in ([each] if isinstance(each, str) else each))
    return sorted({text for turn in turns if len(text := str(turn)) > 1})


def values(kind: str, locale: str, count: int, seed: int) -> list[str]:
    fake = Faker(locale)
    fake.seed_instance(f"{seed} {kind} {locale}")
    chance = random.Random(f"{seed} {kind} {locale}")
    if kind == "key":
        return [key(chance) for _ in range(count)]
    return [_value(kind, fake, chance) for _ in range(count)]


def _value(kind: str, fake: Faker, chance: random.Random) -> str:
    if kind == "email":
        return chance.choice((fake.email, fake.company_email, fake.free_email))()
    if kind == "phone":
        return fake.phone_number()
    if kind == "card":
        number = fake.credit_card_number()
        fours = [number[at : at + 4] for at in range(0, len(number), 4)]
        return chance.choice((number, " ".join(fours), "-".join(fours))) if len(number) == 16 else number
    if kind == "iban":
        account = fake.iban()
        return chance.choice((account, " ".join(account[at : at + 4] for at in range(0, len(account), 4))))
    if kind == "ip":
        return chance.choice((fake.ipv4_public, fake.ipv4_private, fake.ipv6))()
    if kind == "password":
        return fake.password(length=chance.randint(8, 16), special_chars=chance.random() < 0.5)
    return fake.ssn()


def signs(chance: random.Random, count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(chance.choices(alphabet, k=count))


def key(chance: random.Random) -> str:
    """One of the forms that issuers publish."""
    url = string.ascii_letters + string.digits + "-_"
    upper = string.ascii_uppercase + "234567"

    def part(content: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    body = "\n".join(signs(chance, 64) for _ in range(6))
    return chance.choice(
        (
            lambda: "AKIA" + signs(chance, 16, upper),
            lambda: "sk-" + signs(chance, 20) + "T3BlbkFJ" + signs(chance, 20),
            lambda: "sk-proj-" + signs(chance, 60, url) + "7a",
            lambda: "sk-ant-api03-" + signs(chance, 93, url) + "AA",
            lambda: "hf_" + signs(chance, 34, string.ascii_letters),
            lambda: chance.choice(("ghp_", "gho_", "ghs_")) + signs(chance, 36),
            lambda: "github_pat_" + signs(chance, 22) + "_" + signs(chance, 59),
            lambda: "glpat-" + signs(chance, 20, url),
            lambda: f"xoxb-{signs(chance, 12, string.digits)}-{signs(chance, 13, string.digits)}-{signs(chance, 24)}",
            lambda: "sk_live_" + signs(chance, 24),
            lambda: "AIza" + signs(chance, 35, url),
            lambda: ".".join((part({"alg": "HS256"}), part({"sub": signs(chance, 9)}), signs(chance, 43, url))),
            lambda: f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----",
            lambda: "rpa_" + signs(chance, 40, string.ascii_uppercase + string.digits),
            lambda: "npm_" + signs(chance, 36),
            lambda: "pypi-AgEIcHlwaS5vcmc" + signs(chance, 130, url),
            lambda: signs(chance, 10, "123456789") + ":AA" + signs(chance, 33, url),
        )
    )()


def planted(
    kind: str, count: int, seed: int = 7, named: bool = True, locales: tuple[str, ...] = LOCALES
) -> Iterator[Planted]:
    """`count` for each locale, each between two sentences of the corpus; `named`: with a word that says what it is."""
    carriers = NAMED[kind] if named else BARE
    chance, said = random.Random(f"{seed} {kind} {named}"), corpus()
    for locale in locales:
        for value in values(kind, locale, count, seed):
            before, carrier, after = chance.choice(said), chance.choice(carriers), chance.choice(said)
            start = len(before) + 1 + carrier.index("{}")
            yield Planted(kind, locale, value, f"{before} {carrier.format(value)} {after}", start)
