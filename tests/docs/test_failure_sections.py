"""Every cause has its section in the guide, under the anchor that messages name."""

import re
from collections import Counter

from failure_sections import GUIDE, rewritten

from luthier.failures.causes import CAUSES


def test_the_guide_holds_every_cause_in_the_catalogues_words():
    assert GUIDE.read_text() == rewritten(GUIDE.read_text()), "run: python tests/docs/failure_sections.py"


def test_anchors_lead_to_headings():
    headings = re.findall(r"^### (.+)$", GUIDE.read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert {cause.guide.partition("#")[2] for cause in CAUSES} <= anchors


def test_names_and_titles_are_of_one_cause_each():
    for values in ([cause.name for cause in CAUSES], [cause.anchor for cause in CAUSES]):
        assert [name for name, number in Counter(values).items() if number > 1] == []
