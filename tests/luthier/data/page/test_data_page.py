"""The data page as HTML: what it says, and that nothing of the data becomes markup."""

import re
from html.parser import HTMLParser

import pytest
from page_facts import example, examples, facts, message

from luthier.data.page.picture import histogram
from luthier.data.page.text import percent, shortened, visible
from luthier.data.page.view import view
from luthier.data.page.write import LARGEST, write_page

HOSTILE = (
    "</title></style><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>\"'&amp;{{ 7*7 }}{% raw %}"
)


class Page(HTMLParser):
    """Elements, addresses and text, as a browser would see them."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.addresses, self.ids, self.handlers = [], [], [], []
        self.text = ""
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._silent = tag in ("style", "script")
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "data")]
        self.ids += [value for name, value in attrs if name == "id"]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag):
        self._silent = False

    def handle_data(self, data):
        self.text += "" if self._silent else data


@pytest.fixture
def page(tmp_path):
    def written(found=None, shown=()):
        write_page(tmp_path / "page.html", facts() if found is None else found, list(shown))
        return Page((tmp_path / "page.html").read_text())

    return written


def test_a_manager_sees_the_verdict_and_where_every_row_went(page):
    text = " ".join(page(shown=examples()).text.split())
    assert "Ready The data can be trained on." in text
    assert re.search(r"1,180 accepted \+ 64 set aside \+ 3 blank = 1,247 read", text)
    assert "Quality: 82.4 of 100" in text and "--sample 30" in text


def test_every_section_is_there(page):
    html = page(shown=examples()).text
    for heading in (
        "What to do next", "Quality", "Advice", "Faulty rows", "Rows that stand out", "Where it comes from", "Length",
        "What is in it", "Languages", "Repetitions", "Personal data", "Mended", "Flaws", "Set aside", "Split",
        "The gate", "Examples",
    ):  # fmt: skip
        assert heading in html, heading


def test_what_is_not_known_is_left_out(page):
    least = {"ok": False, "source": "data.jsonl", "errors": [{"line": None, "code": "refused", "message": "no rows"}]}
    found = page(least)
    assert "Not usable yet" in found.text and "Mend this: no rows" in found.text
    for heading in ("Quality", "Advice", "Length", "Split", "The gate", "Examples", "Personal data"):
        assert heading not in found.text
    assert page({}).text.strip()  # nothing at all is known
    some = {**facts(), "quality": {"parts": {"x": {"value": None}}}, "tokens": {"examples": 3, "histogram": []}}
    assert "not measured" in page(some | {"task": {"guess": "code"}, "recency": {}, "labels": None}).text


def lacking(found, path=()):
    """The facts without one of their keys, for each key at any depth."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield (*path, key), {other: each for other, each in found.items() if other != key}
            for where, less in lacking(value, (*path, key)):
                yield where, {**found, key: less}
    elif isinstance(found, list):
        for number, value in enumerate(found[:3]):
            for where, less in lacking(value, (*path, number)):
                yield where, [*found[:number], less, *found[number + 1 :]]


def test_no_missing_key_breaks_the_page(page):
    for where, less in [
        (("all but ok",), {"ok": True}),
        *lacking(facts(labels=[{"label": "a", "rows": 3, "share": 0.1}])),
    ]:
        if where[:2] != ("tokens", "histogram") or len(where) == 2:  # a bar without its ends is none
            assert "What to do next" in page(less, examples(1)).text, where


def test_faulty_rows_are_told_by_kind_and_the_rest_is_a_number(page):
    text = " ".join(page().text.split())
    assert "Missing field 9 rows" in text.replace("missing field 9", "Missing field 9")
    assert "tickets.jsonl:377" in text and "tickets.jsonl:401" not in text
    assert "… and 4 more, see quarantine.jsonl" in text


def test_nothing_is_told_twice(page):
    more = {"line": None, "code": "missing_field", "message": "… and 2,000 more of this kind"}
    again = {"line": None, "code": "advice", "message": "No test row is in the training rows."}
    text = page(facts(warnings=[*facts()["warnings"], more, again])).text
    assert "2,000 more" not in text and text.count(again["message"]) == 1


def test_data_that_waits_for_approval_says_so(page):
    waiting = page(facts(approval={"needed": True})).text
    assert "Waiting for approval" in waiting and "Approve the data" in waiting
    assert "Waiting for approval" not in page(facts(approval={})).text


def test_advice_has_a_word_for_its_level(page):
    text = " ".join(
        page(facts(advice=[{"level": "critical", "text": "One"}, {"level": "odd", "text": "Two"}])).text.split()
    )
    assert "✕ Must be mended One" in text and "● Hint Two" in text


def test_values_of_a_field_are_never_more_than_all(page):
    field = {"name": "channel", "values": [{"value": "mail", "rows": 60}, {"value": "chat", "rows": 40}]}
    text = page(facts(fields=[field], labels=[], languages=[], accepted=50)).text.replace("\u00a0", " ")
    assert "60 %" in text and "40 %" in text


def test_few_rows_for_the_task_are_told():
    seen = view(facts(task={"guess": "code", "rows": 80, "minimum": 300, "good": 1000}), [])
    assert any("80" in step and "300" in step for step in seen["next"])


def hostile_facts():
    """Every text of the facts is the hostile one; keys of maps too."""

    def spoil(value):
        if isinstance(value, dict):
            return {key: spoil(each) for key, each in value.items()}
        if isinstance(value, list):
            return [spoil(each) for each in value]
        return HOSTILE if isinstance(value, str) else value

    found = spoil(facts())
    for name in ("columns", "reasons", "splits", "split_sha256", "personal", "fixes", "flaws"):
        found[name] = {f"{HOSTILE}{n}": value for n, value in enumerate(found[name].values())}
    found["quality"]["parts"] = {HOSTILE: found["quality"]["parts"]["sound_rows"]}
    return found


def test_no_text_of_the_data_becomes_markup(page):
    spoiled = [
        example(1, kind, place=HOSTILE, why=HOSTILE, meta={HOSTILE: HOSTILE}, messages=[message(HOSTILE, HOSTILE)])
        for kind in ("sample", "conflict", HOSTILE)
    ]
    spoiled.append(example(2, "faulty", raw=HOSTILE, messages=[]))
    found = page(hostile_facts(), spoiled)
    clean = page(facts(), examples())
    assert HOSTILE in found.text and "49" not in found.text.replace(HOSTILE, "")
    assert found.tags.count("script") == clean.tags.count("script") == 1
    assert "img" not in found.tags and found.handlers == []
    assert found.tags.count("title") - found.tags.count("rect") == 1  # its own, and one a column of the chart
    assert set(found.addresses) <= {"docs/index.html"} | {f"#row-{n}" for n in range(1, 9)}
    assert len(found.ids) == len(set(found.ids))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\0b\x1b[31m\x7f\x85", "a␀b␛[31m␡⟨U+0085⟩"),
        ("pay \u202e001 EUR\u2066", "pay ⟨U+202E⟩001 EUR⟨U+2066⟩"),
        ("half \ud83d of one", "half \ufffd of one"),
        ("👩\u200d💻 tab\t line\n", "👩\u200d💻 tab\t line\n"),
        ("naïve 日本 plain", "naïve 日本 plain"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text, shown, page):
    assert visible(text) == shown
    found = page(facts(source=text), [example(1, messages=[message("user", text)])])
    assert shown in found.text


def test_long_texts_are_cut_and_say_so(page):
    assert shortened("x" * 600) == "x" * 600
    assert shortened(shortened("x" * 900)) == shortened("x" * 900) == "x" * 600 + "… (900 characters)"
    assert shortened(shortened("x" * 900), 9) == "x" * 9 + "… (900 characters)"
    found = page(facts(), [example(1, messages=[message("user", "€" * 90_000), message("assistant", "y")])])
    assert "€" * 600 + "… (90,000 characters)" in found.text


def test_a_long_conversation_shows_its_ends(page):
    turns = [message("user" if n % 2 == 0 else "assistant", f"turn-{n:02}.") for n in range(30)]
    found = page(facts(), [example(1, messages=turns)])
    shown = re.findall(r"turn-(\d\d)\.", found.text)
    assert shown == ["00", "01", "02", "27", "28", "29"] and "24 messages are left out here" in found.text


@pytest.mark.parametrize("text", ["plain words " * 60, "<'\"&>" * 200, "日本語の長い文" * 100, "\u202e" * 700])
def test_a_thousand_examples_stay_below_two_megabytes(text, tmp_path):
    many = [example(n, messages=[message("user", text), message("assistant", text)] * 3) for n in range(1000)]
    write_page(tmp_path / "page.html", facts(), many)
    assert (tmp_path / "page.html").stat().st_size <= LARGEST
    left = Page((tmp_path / "page.html").read_text())
    assert left.tags.count("article") == 1000 or "further examples are left out" in left.text


def test_the_chart_shows_where_rows_are_cut():
    bins = [{"from": 0, "to": 100, "rows": 5}, {"from": 100, "to": 200, "rows": 1}]
    assert "cut at 150" in histogram(bins, 150) and "cut at" not in histogram(bins, 5000)
    assert histogram([], 150) == "" == histogram([{"from": 0, "to": 9, "rows": 0}], 150)
    assert "NaN" not in histogram([{"from": 0, "to": 0, "rows": 1}], None)


def test_shares_are_never_rounded_to_nothing_or_all():
    assert [percent(share).replace("\u00a0", " ") for share in (0.0, 0.004, 0.5, 0.996, 1.0, None)] == [
        "0 %",
        "<1 %",
        "50 %",
        ">99 %",
        "100 %",
        "–",
    ]
