"""Passages of running text are continued from heading and first sentence."""

import pytest

TEXT = "The bow is drawn across the strings. It has to be rosined. Rosin is made from resin."
OPENING, REST = TEXT[:36], TEXT[37:]


def test_a_passage_with_its_heading(take):
    found = take([{"title": "The bow", "text": TEXT}])
    assert found.layout.format.name == "text" and "style and domain" in found.layout.note
    assert found.texts == [[f"user: The bow\n\n{OPENING}", f"assistant: {REST}"]]


@pytest.mark.parametrize(
    ("row", "ask", "answer"),
    [
        ({"text": TEXT}, OPENING, REST),
        ({"title": "The bow", "text": "One sentence only."}, "The bow", "One sentence only."),
        (
            {"title": None, "text": "Dr. Amati made violins. He lived in Cremona."},
            "Dr. Amati made violins.",
            "He lived in Cremona.",
        ),
        (
            {"text": "弓は弦の上を動く道具であり、松脂を塗って使うものです。松脂は樹脂です。"},
            "弓は弦の上を動く道具であり、松脂を塗って使うものです。",
            "松脂は樹脂です。",
        ),
        (
            {"text": " ".join(f"w{n}" for n in range(30))},
            " ".join(f"w{n}" for n in range(12)),
            " ".join(f"w{n}" for n in range(12, 30)),
        ),
    ],
)
def test_passages(take, row, ask, answer):
    assert take([row]).texts == [[f"user: {ask}", f"assistant: {answer}"]]


def test_a_passage_too_short_is_a_fault(take):
    found = take([{"text": TEXT}, {"text": "Short."}, {"text": ""}])
    assert "the passage is too short" in found.faults[0] and '"text" is empty' in found.faults[1]
