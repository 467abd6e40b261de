"""Thresholds of the spec: what "-30%", "+0.02", ">=0.5" and "<=4.0" mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.evaluation.accept import judge


@pytest.mark.parametrize(
    ("name", "wanted", "base", "tuned", "got", "met"),
    [
        ("perplexity", "-30%", 10.0, 7.0, -0.3, True),
        ("perplexity", "-30%", 10.0, 7.1, -0.29, False),
        ("perplexity", "-0.5", 4.0, 3.4, -0.6, True),
        ("perplexity", "<=4.0", 10.0, 4.0, 4.0, True),
        ("perplexity", " <= 4 ", 10.0, 4.1, 4.1, False),
        ("chrf", "+0.02", 0.1, 0.12, 0.02, True),
        ("chrf", "+0.02", 0.1, 0.119, 0.019, False),
        ("chrf", "+10%", 0.5, 0.56, 0.12, True),
        ("chrf", "+10%", 0.0, 0.5, None, None),
        ("exact_match", ">=0.5", 0.1, 0.5, 0.5, True),
        ("exact_match", ">=50%", 0.1, 0.49, 0.49, False),
        ("token_f1", "+0.1", 0.1, None, None, None),
    ],
)
def test_grammar(name, wanted, base, tuned, got, met):
    judged = judge({name: wanted}, {name: base}, {name: tuned})[name]
    assert judged["wanted"] == wanted
    assert judged["got"] == (None if got is None else pytest.approx(got))
    assert judged["met"] is met
    assert bool(judged["next_step"]) == (met is False)


@given(base=st.floats(0.1, 100), change=st.integers(1, 99))
def test_a_threshold_that_is_just_reached_is_met(base, change):
    assert judge({"perplexity": f"-{change}%"}, {"perplexity": base}, {"perplexity": base * (1 - change / 100)})[
        "perplexity"
    ]["met"]
