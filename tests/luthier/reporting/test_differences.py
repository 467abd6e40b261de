import re

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from luthier.reporting.differences import LONGEST, marked, visible

TAGS = re.compile(r"</?(?:del|ins)>")


def test_changed_words_are_marked():
    before, after = marked("The capital is Lyon.", "The capital is Paris.")
    assert before == "The capital is <del>Lyon</del>."
    assert after == "The capital is <ins>Paris</ins>."


def test_texts_with_little_in_common_are_plain():
    assert marked("I do not know that", "Paris, of course!") == ("I do not know that", "Paris, of course!")


@given(st.text(max_size=200), st.text(max_size=200))
def test_marks_take_nothing_away_and_let_nothing_through(before, after):
    for text, shown in zip((before, after), marked(before, after), strict=True):
        without_marks = TAGS.sub("", shown)
        assert "<" not in without_marks
        assert Markup(without_marks).unescape() == visible(text)


def test_hidden_characters_are_spelled_out_and_long_text_says_that_it_was_cut():
    assert visible("a\x00b\u202ec\nd") == "a\\x00b\\u202ec\nd"
    assert visible("x" * (LONGEST + 1234)).endswith("… [1,234 more characters]")


def test_an_answer_of_blank_lines_does_not_fill_the_page():
    assert visible("\n" * 90) == visible("") == "[empty]"
    assert visible("a" + "\n" * 9 + "b") == "a\n\nb"
