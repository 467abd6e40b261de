"""Under mask and refuse no planted value is in any output but the quarantine; under report in no page or message."""

import json
import re

import pytest
from faker import Faker
from unlike_words import word

from luthier.errors import DataError, Problems
from luthier.models.token_file import open_tokens
from luthier.rows import Rows
from luthier.run_folder import RunFolder
from luthier.storage import read_json

KINDS = ("email", "card", "iban", "ip", "ssn")


@pytest.fixture
def planted(lines):
    """Sixty rows, one in three with values in question, answer and a field; and the values."""
    fake = Faker("en_US")
    fake.seed_instance(7)
    rows, values = [json.loads(line) for line in lines(60).splitlines()], []
    for row in rows[::3]:
        email, card, iban, ip, ssn = (
            fake.email(),
            fake.credit_card_number("visa"),
            fake.iban(),
            fake.ipv4_public(),
            fake.ssn(),
        )
        row["prompt"] += f" I am {email}, my card is {card}."
        row["completion"] += f" Sent to {email} and {iban}, SSN {ssn}."
        row["origin"] = ip
        values += [email, card, iban, ip, ssn]
    return rows, values


def texts(run: RunFolder, tokenizer) -> dict[str, str]:
    """All that a run's data folder says, the quarantine left out."""
    found = {}
    for path in run.data.rglob("*"):
        if path.suffix == ".parquet":
            found[path.name] = json.dumps(list(Rows(path)), ensure_ascii=False)
        elif path.suffix == ".arrow":
            found[path.name] = "\n".join(tokenizer.decode(each["input_ids"]) for each in open_tokens(path))
        elif path.is_file() and path.name != "quarantine.jsonl":
            found[path.name] = path.read_text(errors="replace")
    return found


def leaks(told: dict[str, str], values: list[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, text in told.items() for value in values if value in text]


def test_masked_values_are_nowhere(work, lines, planted, tokenizer):
    rows, values = planted
    run, found = work(lines(rows), personal={"all": "mask"}, max_length=512)
    assert found["ok"] and found["accepted"] == 60 and found["fixes"]["masked"] == 20
    assert {kind: found["personal"][kind]["rows"] for kind in KINDS} == dict.fromkeys(KINDS, 20)
    told = texts(run, tokenizer)
    assert {"accepted.parquet", "train.parquet", "train.arrow", "page.html", "validation.json"} <= set(told)
    assert not leaks(told, values)
    masked = next(row for row in Rows(run.accepted) if row["id"] == "1")
    mask = re.findall(r"\[EMAIL_\d\]", json.dumps(masked["messages"]))
    assert mask == ["[EMAIL_1]", "[EMAIL_1]"]  # the same person in question and answer


def test_refused_values_are_in_the_quarantine_only(work, lines, planted, tokenizer, tmp_path):
    rows, values = planted
    run, found = work(
        lines(rows), personal={"all": "refuse"}, on_bad_rows="quarantine", max_quarantined=0.5, max_length=512
    )
    assert found["accepted"] == 40 and found["reasons"] == {"personal_data": 20}
    assert not leaks(texts(run, tokenizer), values)
    kept = run.quarantine.read_text()
    assert all(value in kept for value in values)
    assert run.quarantine.stat().st_mode & 0o077 == 0
    with pytest.raises(Problems) as caught:
        work(lines(rows), personal={"all": "refuse"}, max_length=512)
    assert "personal_data" not in str(caught.value) or "holds" in str(caught.value)
    assert not [value for value in values if value in str(caught.value)]


def test_reported_values_are_shown_nowhere(work, lines, planted, tokenizer):
    rows, values = planted
    rows[0]["messages_to"] = values[0]
    broken = {"prompt": f"call {values[0]}", values[0]: "x"}  # a fault that would quote a field's name
    run, _ = work(lines([*rows, broken]), on_bad_rows="quarantine", max_length=512)
    told = texts(run, tokenizer)
    shown = {name: text for name, text in told.items() if name.endswith((".json", ".html"))}
    assert shown and not leaks(shown, values)
    assert any(w["code"] == "personal" for w in read_json(run.validation)["warnings"])
    assert leaks({"accepted": told["accepted.parquet"]}, values)  # reported only: the rows stay as they are


@pytest.mark.parametrize("policy", ["mask", "refuse", "report"])
def test_fields_escapes_and_other_encodings(work, lines, tokenizer, policy):
    """The field's name says what its value is; JSON may escape what it holds; bytes may be no text."""
    values = ["5550143321", "alice.smithson@example.com", "geheim77", "bob@example.com", "carla@example.com"]
    rows = [json.loads(line) | {"phone": "none", "note": "-"} for line in lines(30).splitlines()]
    for number in range(3):
        rows[number]["phone"] = values[0]
        rows[number + 3]["note"] = f"please write a mail to {values[1]}"
    content = lines(rows)
    content += json.dumps({"prompt": f"contraseña: {values[2]}", "completion": "x"}).encode() + b"\n"
    content += b'{"prompt": "write to bob\\u0040example.com", "completion": 7}\n'
    content += '{"prompt": "é carla@example.com", "completion": "y"}\n'.encode("latin-1")
    run, _ = work(content, personal={"all": policy}, on_bad_rows="quarantine", max_quarantined=0.9, max_length=512)
    told = texts(run, tokenizer)
    if policy == "report":
        told = {name: text for name, text in told.items() if name.endswith((".json", ".html"))}
    assert not leaks(told, values)


def test_errors_that_quote_the_data(work, tmp_path):
    content = b"I am bob.smith@example.com,call +1 415 555 2671\nx,y\n"
    with pytest.raises(DataError) as caught:
        work(content, "no_header.csv")
    assert "bob.smith" not in str(caught.value) and "555 2671" not in str(caught.value)
    assert "bob.smith" not in (tmp_path / "run/data/validation.json").read_text()


def test_private_notes_are_on_no_page(work, lines):
    ticket = {"id": 1, "requester_id": 5, "subject": "Help", "comments": []}
    tickets = [
        ticket | {"id": n, "comments": [
            {"author_id": 5, "body": f"Where is parcel {word(n)}?", "public": True},
            {"author_id": 9, "body": "PRIVATE-NOTE: a difficult customer", "public": False},
            *([{"author_id": 9, "body": f"At the depot of {word(n + 700)}.", "public": True}] if n else []),
        ]}
        for n in range(30)
    ]  # fmt: skip
    run, found = work(lines(tickets), on_bad_rows="quarantine")
    assert found["format"] == "help_desk" and found["quarantined"] == 1
    assert "PRIVATE-NOTE" not in run.page.read_text() and "PRIVATE-NOTE" in run.quarantine.read_text()
