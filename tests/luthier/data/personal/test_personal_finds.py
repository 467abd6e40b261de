"""What is found: Faker's values and keys in real talk, forms as they are written, and what only looks like one."""

from collections import Counter

import pytest
from planted_personal import LOCALES, Planted, corpus, planted
from stdnum import iban

from luthier.data.personal.find import find

MARK = "\N{SECTION SIGN}"

WRITTEN = [  # kind, and the value between two marks
    ("email", "Write to §bob.o'neil+news@mail.example.co.uk§."),
    ("email", "<§jürgen@müller.de§>, or mailto:x"),
    ("email", "§用户@例子.中国§ 你好"),
    ("email", "ask §jane (at) example (dot) org§ about it"),
    ("email", "ask §jane[at]example.org§ about it"),
    ("phone", "Ring §+1 202 555 0143§ 2024"),
    ("phone", "at 10 §202-555-0143§, thanks"),
    ("phone", "(§(202) 555-0143 ext. 12§)"),
    ("phone", "§０３-1234-5678§に電話"),
    ("phone", "Tel: §5550143321§"),
    ("phone", "my number is §+44 (0)20 7946 0958§."),
    ("phone", "§01 99 00 12 34§ à midi"),
    ("phone", "§+1‑202‑555‑0143§"),
    ("email", "連絡は§bob@example.com§に"),
    ("phone", "電話§03-1234-5678§です"),
    ("card", "card §4111 1111 1111 1111§ 123, 12/27"),
    ("card", "§5555555555554444§,12/27"),
    ("card", "§3782 822463 10005§"),
    ("ssn", "SSN §457555462§"),
    ("ssn", "her §457-55-5462§"),
    ("iban", "to §DE89 3704 0044 0532 0130 00§ please"),
    ("iban", "iban:§gb29nwbk60161331926819§."),
    ("ip", "from §203.0.113.195§:8080"),
    ("ip", "[§2001:db8::8a2e:370:7334§]"),
    ("ip", "ping §8.8.8.8§"),
    ("key", "export AWS_SECRET_ACCESS_KEY=§wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzTESTKEY§"),
    ("key", "postgres://§bob:tr0ub4dor§@db.example.org/x"),
    ("key", "DefaultEndpointsProtocol=https;§AccountKey=" + "aB3d" * 21 + "xy==§;Suffix=core"),
    ("key", "Authorization: Bearer §q1w2e3r4t5y6u7i8o9p0q1w2§"),
    ("key", "'§-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE KEY-----§'"),
    ("key", "§-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU§"),
    ("password", "password: §xK3_pq§"),
    ("password", "pwd='§correcthorse§'"),
    ("password", "**Password:** §Abc12345§"),
    ("password", "Das Passwort ist §hund123§."),
    ("password", "密码：§abc12345§"),
]

CLEAN = """
Your order number is 5551234567.
Order #206-269-0743 has shipped.
Tracking: 9400 1118 9922 3197 4284 90
The price is 1,234,567.89 USD, or 1.234.567,89 €, or 12 345 678 euros
on 2024-05-06 12:30:45 it failed, 2024-05-06T12:30:45.123456+00:00
06/05/2024 - 07/05/2024 and 01.02.2024 10:20
from 1998-1999 to 2000-2001
ISBN 978-3-16-148410-0, ISBN 0-306-40615-2, ISBN-13: 9780306406157
version 1.2.3.4 is out, v10.12.13.14, Chrome/91.0.4472.124, macOS 10.15.7.1
typing-extensions>=3.10.0.2
see section 4.2.1.3
localhost is 127.0.0.1 or ::1, 0.0.0.0 with mask 255.255.255.0
123e4567-e89b-12d3-a456-426614174000
5d41402abc4b2a76b9719d911017c592
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
at 51.507351, -0.127758 in London; latitude 48.8583701 longitude 2.2922926
3.14159265358979323846
1234567 + 7654321 = 8888888, 2^31-1 = 2147483647, 1/2 + 3/4 = 5/4
the sequence 1 1 2 3 5 8 13 21 34 55 89 144
unix timestamp 1714989045, or 1714989045123 ms
barcode 4006381333931, IMEI 490154203237518
MAC 00:1B:44:11:3A:B7
std::vector<int> a::b::c; x[::2], y[100::3]
password: please reset it
password = input("Password: "); password=os.environ["PASSWORD"]; password = get_password(user)
the password is required! Your password is at least 8 characters
password: ********, password: <your password>, password: ${PASSWORD}, password: {password}
postgres://user:password@localhost/db
@username said meet at noon @ the park
pip install torch@latest
risk-management-and-compliance-2024-guide, sk-learn-is-not-a-key
secret_key_base_for_sessions_in_rails_2024, max_tokens: 1000000000
$100 200 3000, 7 900 000 000 people, +20 000 000 people
AB12 3CD is a postcode, SW1A 1AA too; ZIP code 90210-1234; Boston, MA 02110-1301
case 123-45-6789, 666-12-3456 and 912-34-5678, 000-12-3456
Bestellnummer 0151 12345678, Kundennummer: 0123456789
the call took 1500000 ns; I called 1000 times in 2023-2024
doi:10.1000/182 and 10.1038/s41586-020-2649-2, arXiv:2106.09685, CVE-2021-44228
https://example.com/item/5551234567
file_20240506_123045.png
[12345678, 23456789, 34567890]
temperatures -10 -12 -15 -20 -25
a card with 4111 1111 1111 1112
""".strip().splitlines()


def hits(rows: list[Planted]) -> float:
    def hit(row: Planted) -> bool:
        return any(kind == row.kind and start <= row.start and row.end <= end for kind, start, end in find(row.text))

    return sum(map(hit, rows)) / len(rows)


def one_locale(kind: str) -> tuple[str, ...]:
    return ("en_US",) if kind in ("ssn", "key") else LOCALES


@pytest.mark.parametrize("kind", ["email", "phone", "card", "ssn", "iban", "ip", "key", "password"])
def test_recall_where_a_word_says_what_it_is(kind):
    locales = one_locale(kind)
    rows = list(planted(kind, 480 // len(locales), locales=locales))
    if kind == "iban":  # Faker makes some of a length that no country has
        rows = [row for row in rows if iban.is_valid(row.value, check_country=False)]
    assert len(rows) > 400 and hits(rows) >= 0.98


@pytest.mark.parametrize(
    ("kind", "least"), [("email", 0.98), ("ssn", 0.98), ("ip", 0.98), ("key", 0.98), ("phone", 0.8)]
)
def test_recall_without_such_a_word(kind, least):
    locales = one_locale(kind)
    assert hits(list(planted(kind, 480 // len(locales), seed=8, named=False, locales=locales))) >= least


def test_cards_of_today_need_no_word():
    rows = [row for row in planted("card", 40, named=False) if sum(map(str.isdigit, row.value)) > 13]
    assert len(rows) > 300 and hits(rows) >= 0.98


def test_the_corpus_holds_next_to_nothing():
    said = corpus("*")
    flagged = [text for text in said if find(text)]
    assert len(said) > 10_000 and len(flagged) / len(said) <= 0.001


@pytest.mark.parametrize(("kind", "marked"), WRITTEN)
def test_written_form(kind, marked):
    before, value, _ = marked.split(MARK)
    text = marked.replace(MARK, "")
    assert (kind, len(before), len(before) + len(value)) in find(text)


@pytest.mark.parametrize("text", CLEAN)
def test_what_only_looks_like_one(text):
    assert not find(text)


def test_kinds_do_not_overlap_and_the_surer_one_counts():
    text = "password: sk-proj-abcdefghij1234567890, mail bob@203.example.com from 203.0.113.195, +49 30 901820"
    assert Counter(kind for kind, _, _ in find(text)) == Counter(key=1, email=1, ip=1, phone=1)
