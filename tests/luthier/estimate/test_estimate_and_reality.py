"""The assumed speeds against what docs/performance.md measured on its CPU; both ends must hold what was."""

from dataclasses import replace

import pytest
from estimated_work import asking, cpu

from luthier.estimate.estimate import Terms, estimate
from luthier.estimate.machine import rented_gpu
from luthier.estimate.pace import answering_s, looks_s, training_s
from luthier.estimate.prices import Price


def test_the_demo_lies_within_its_estimate(work):
    found = estimate(work, cpu(499, 2), {}, Terms("local"))
    took = {"baseline": 26.8, "training": 137.8, "evaluation": 27.8}
    (option,) = found.options.values()
    for line in option.lines:
        assert line.seconds.low < took[line.name] < line.seconds.high, line
    assert abs(sum(took.values()) / found.seconds.likely - 1) < 0.3
    assert found.usd is not None and found.usd.high == 0


@pytest.mark.parametrize(
    ("tokens", "learned", "row", "gflops", "threads", "took"),
    [
        (6802, 0.288, 53, 499, 1, 11.5),
        (6802, 0.288, 53, 516, 2, 15.4 / 2),
        (8121, 0.967, 1015, 495, 1, 32.1),
        (8121, 0.967, 1015, 515, 2, 35.3 / 2),
    ],
)
def test_trainings_lie_within_their_estimates(work, tokens, learned, row, gflops, threads, took):
    work = replace(work, tokens=tokens, learned=learned, row=row)
    foreseen = training_s(work, cpu(gflops, threads))
    assert foreseen.low < took < foreseen.high


def test_what_is_done_twice_takes_twice(work):
    gpu = rented_gpu("NVIDIA H200")
    assert looks_s(replace(work, looks=12), gpu).likely == pytest.approx(2 * looks_s(work, gpu).likely)
    once, twice = (answering_s(asking("base", answers), work, gpu) for answers in (100, 200))
    assert twice.likely == pytest.approx(2 * once.likely, rel=0.1), "two batches, as 200 do not fit into one"


def test_each_part_has_its_line(work):
    found = estimate(work, rented_gpu("NVIDIA L4"), {"spot": Price(None, "?")}, Terms("spot"))
    names = [line.name for line in found.options["spot"].lines]
    assert names == ["start-up", "baseline", "training", "evaluation", "interruptions"]
