"""The report as a browser shows it: everything inside the file, hostile text inert and visible."""

import pytest
from browser import needs_browser, opened
from report_run import make_examples, make_facts, make_run, make_spec

from luthier import reporting

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }}"

pytestmark = [pytest.mark.browser, needs_browser]


def test_the_report_fetches_nothing_and_runs_nothing(tmp_path):
    examples = make_examples()
    examples[0] |= {"prompt": HOSTILE, "base": HOSTILE, "tuned": HOSTILE, "reference": HOSTILE}
    run = make_run(tmp_path, examples=examples)
    reporting.build(run, make_spec(notes=HOSTILE), make_facts())
    with opened((run.report / "report.html").as_uri()) as page:
        text = page.inner_text("body")
        fetched = [url for url in page.requests[1:] if not url.startswith("data:")]
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert HOSTILE in text and "Improved" in text
    assert page.dialogs == [] and fetched == []
    assert width <= 0  # nothing sticks out
