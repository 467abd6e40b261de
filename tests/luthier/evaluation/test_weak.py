"""Weak kinds are named only when they are weaker than chance."""

import random

from evaluation_run import row

from luthier.evaluation.weak import weak_kinds


def test_a_weak_kind_is_named():
    rows = [row("test", number) for number in range(60)]
    scores = [0.1 if "why? why? why?" in r["messages"][0]["content"] else 0.5 for r in rows]
    found = weak_kinds(rows, scores, "chrf")
    assert "questions of more than" in found[0]
    assert "chrf 0.100 against" in found[0]


def test_noise_is_no_weakness():
    rows, noise = [row("test", number) for number in range(60)], random.Random(2)
    assert weak_kinds(rows, [noise.random() for _ in rows], "chrf") == []


def test_few_rows_have_no_kinds():
    assert weak_kinds([row("test", 0)], [0.0], "chrf") == []
