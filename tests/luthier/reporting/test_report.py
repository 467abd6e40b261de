import json
import math
import re
from importlib.resources import files

import jsonschema
import pypdfium2
import pytest
from parsed_page import Page
from report_run import make_examples, make_facts, make_run, make_spec

from luthier.reporting import build
from luthier.storage import read_json, write_json

SCHEMA = json.loads(files("luthier.reporting").joinpath("report.schema.json").read_text())
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "</td></table><img src=http://evil.example/x onerror=alert(1)>",
    "שלום עולם",
    "family \U0001f468‍\U0001f469 emoji",
    "&lt;b&gt; &amp; \"quoted\" 'single'",
]


def written(run, spec=None, **facts):
    report = build(run, spec or make_spec(), make_facts(**facts))
    return report, Page((run.report / "report.html").read_text())


def pdf_text(run):
    document = pypdfium2.PdfDocument(run.report / "report.pdf")
    return "\n".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize(
    ("label", "headline"), [("improved", "Improved"), ("not_shown", "Not shown"), ("worse", "Worse")]
)
def test_every_verdict_is_told_on_page_and_in_pdf_and_fits_the_schema(tmp_path, label, headline):
    run = make_run(tmp_path, label)
    report, page = written(run)
    jsonschema.validate(read_json(run.report / "report.json"), SCHEMA)
    assert report == read_json(run.report / "report.json")
    assert headline in page.text and label in page.classes
    assert headline in pdf_text(run)
    assert "3.60 tuned" in pdf_text(run)


def test_page_refers_to_nothing_outside_itself(tmp_path):
    _, page = written(make_run(tmp_path))
    links = [value for _, key, value in page.attributes if key in ("src", "href", "srcset", "action", "xlink:href")]
    urls = re.findall(r"url\(([^)]{0,30})", page.style)
    assert links == []
    assert urls and all(url.startswith("data:font/woff;base64,") for url in urls)
    assert "@import" not in page.style
    assert not {"script", "link", "iframe", "object", "embed", "img"} & set(page.tags)


def test_page_shows_all_examples_with_their_differences(tmp_path):
    report, page = written(make_run(tmp_path))
    assert page.classes.count("example") == len(report["examples"]) >= 10
    assert "del" in page.tags and "ins" in page.tags


def test_hostile_text_is_shown_and_never_becomes_markup(tmp_path):
    examples = make_examples()
    for example, text in zip(examples, HOSTILE, strict=False):
        example |= {"prompt": text, "base": text, "tuned": text + " more", "few_shot": text, "reference": text}
    examples[6]["tuned"] = "zero\x00byte and ‮turned"
    examples[7] |= {"base": "x" * 10_000, "tuned": "y" * 10_000}
    run = make_run(tmp_path, examples=examples)
    calm = written(make_run(tmp_path / "calm"))[1]
    _, page = written(run, make_spec(name="<b>bot</b>", notes="{{ 7*7 }}"))
    assert all(page.text.count(text) >= 4 for text in HOSTILE)
    assert "<b>bot</b>" in page.text
    assert "zero\\x00byte and \\u202eturned" in page.text
    assert "8,000 more characters" in page.text
    assert "49" not in re.findall(r"\d+", page.text.split("Fine-tuning report")[1][:200])
    assert set(page.tags) == set(calm.tags)
    assert not [key for _, key, _ in page.attributes if key.startswith("on")]


def test_long_words_leave_the_pdf_at_its_size(tmp_path):
    """The engine shrinks the whole page when something sticks out to the right."""
    calm, loud = make_run(tmp_path / "calm"), make_run(tmp_path / "loud", examples=_long_examples())
    heights = []
    for run in (calm, loud):
        build(run, make_spec(), make_facts())
        text = pypdfium2.PdfDocument(run.report / "report.pdf")[0].get_textpage()
        left, bottom, right, top = text.get_charbox(text.get_text_range().index("Improved"))
        heights.append(top - bottom)
    assert heights[0] == pytest.approx(heights[1], rel=0.01)


def _long_examples():
    return [example | {"tuned": "y" * 3_000, "prompt": "p" * 3_000} for example in make_examples()]


def test_what_was_not_measured_is_called_so(tmp_path):
    run = make_run(tmp_path)
    _change(run.baseline / "metrics.json", few_shot={"measured": False, "reason": "evaluation.few_shot is empty"})
    evaluation = read_json(run.evaluation / "metrics.json")
    nothing = {"value": None, "ci_low": None, "ci_high": None, "p_value": None, "reason": "identical outputs"}
    evaluation["change"]["chrf"] |= nothing
    evaluation["versus_few_shot"] = {}
    for example in evaluation["examples"]:
        example["few_shot"] = None
    write_json(run.evaluation / "metrics.json", evaluation)
    run.metrics.unlink()
    run.events.unlink()
    report, page = written(run, interruptions=[], cost={"currency": "USD", "estimated": None, "actual": None})
    jsonschema.validate(report, SCHEMA)
    assert "evaluation.few_shot is empty" in page.text and "identical outputs" in page.text
    assert report["retention"]["measured"] is False
    assert "not measured spent on rented machines" in page.text
    assert "Base, few-shot" not in page.text
    assert "No values yet" in page.text


def test_nan_becomes_null(tmp_path):
    report, page = written(make_run(tmp_path), duration={"train": math.nan, "eval": 3.0})
    assert report["duration"] == {"train": None, "eval": 3.0}
    assert "nan" not in re.findall(r"\w+", page.text.lower())


def test_a_run_that_stood_still_says_so(tmp_path):
    report, page = written(make_run(tmp_path), paused_seconds=7200.0)
    jsonschema.validate(report, SCHEMA)
    assert report["paused_seconds"] == 7200 and "it stood still for 2 h" in page.text
    assert "stood still" not in written(make_run(tmp_path / "other"))[1].text


def test_a_null_change_without_reason_is_against_the_schema(tmp_path):
    report, _ = written(make_run(tmp_path))
    report["change"]["chrf"] |= {"value": None, "reason": None}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)


def test_other_pieces_end_the_promise_of_equality(tmp_path):
    training = make_facts()["training"]
    calm = written(make_run(tmp_path / "calm"))[1]
    change = {"key": "training.micro_batch_tokens", "old": 1024, "new": 512, "step": 40}
    cut = training | {"changes": [change], "bit_for_bit_until": 40}
    report, page = written(make_run(tmp_path), training=cut)
    jsonschema.validate(report, SCHEMA)
    assert "From step 40 on training.micro_batch_tokens was 512 instead of 1024. Up to step 40" in page.text
    assert "bit for bit" not in calm.text
    report["training"]["changes"] = [{"key": "training.micro_batch_tokens"}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)


def test_brand_is_shown(tmp_path):
    spec = make_spec(report={"brand": {"name": "Acme & Sons", "color": "#7a1fa2"}})
    _, page = written(make_run(tmp_path), spec)
    assert "Acme & Sons" in page.text
    assert "#7a1fa2" in page.style


def _change(path, **values):
    write_json(path, read_json(path) | values)
