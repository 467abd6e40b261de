from dataclasses import replace

import pytest
from estimated_work import asking, demo_work
from hypothesis import given
from hypothesis import strategies as st

from luthier.estimate import interruptions
from luthier.estimate.estimate import Estimate, Terms, estimate
from luthier.estimate.gpus import GPUS
from luthier.estimate.machine import Speed, Speeds, rented_gpu
from luthier.estimate.prices import Price
from luthier.estimate.ranges import Range
from luthier.estimate.work import Work

counts = st.integers(0, 10**6)
prices = st.one_of(st.none(), st.floats(0, 100))
speeds = st.one_of(st.none(), st.builds(Speed, st.floats(1e-3, 1e6), st.floats(0, 0.9), st.just("measured")))


@st.composite
def works(draw) -> Work:
    answers, shots = draw(st.integers(0, 5000)), draw(st.integers(0, 8))
    return replace(
        demo_work(),
        steps=draw(st.integers(1, 10**5)),
        tokens=draw(st.floats(1, 1e10)),
        looks=draw(st.integers(1, 1000)),
        look_tokens=draw(counts),
        baseline=(asking("base", answers), asking("few-shot", answers, shots)),
        evaluation=(asking("tuned", answers, tuned=True),),
    )


@st.composite
def terms(draw) -> Terms:
    return Terms(
        policy=draw(st.sampled_from(["spot", "on_demand", "spot_then_on_demand"])),
        ready_s=draw(st.floats(1, 7200)),
        save_s=draw(st.one_of(st.none(), st.floats(1, 7200))),
        disk_gb=draw(st.integers(0, 500)),
        download=draw(st.booleans()),
    )


@st.composite
def rented(draw) -> tuple:
    machine = rented_gpu(draw(st.sampled_from([*GPUS, "a GPU that nobody knows"])))
    machine = replace(machine, measured=Speeds(*(draw(speeds) for _ in Speeds._fields)))
    asked = {name: _price(draw(prices)) for name in ("spot", "on_demand")}
    return draw(works()), machine, asked, draw(terms())


def _price(value: float | None) -> Price:
    return Price(None, "not offered") if value is None else Price(Range.exactly(value))


def _ranges(found: Estimate) -> list[Range]:
    options = list(found.options.values())
    every = [line.seconds for option in options for line in option.lines]
    return [found.seconds, *every, *(option.seconds for option in options), *(o.usd for o in options if o.usd)]


@given(rented())
def test_ranges_are_ranges_and_money_is_not_negative(asked):
    found = estimate(*asked)
    for each in _ranges(found):
        assert 0 <= each.low <= each.likely <= each.high < float("inf")
    for option in found.options.values():
        assert (option.usd is None) == (option.price.usd_per_hour is None)


@given(rented(), st.floats(1, 1000), st.integers(0, 5000))
def test_more_work_is_never_quicker_or_cheaper(asked, factor, answers):
    work, *rest = asked
    more = replace(
        work, tokens=work.tokens * factor, look_tokens=work.look_tokens + answers,
        evaluation=(*work.evaluation, asking("more", answers)),
    )  # fmt: skip
    _never_less(estimate(work, *rest), estimate(more, *rest))


@given(rented(), st.floats(1, 50))
def test_interruptions_never_make_it_quicker(asked, factor):
    with pytest.MonkeyPatch.context() as patch:
        before = estimate(*asked)
        more = {name: rate * factor for name, rate in interruptions.AN_HOUR.items()}
        patch.setattr(interruptions, "AN_HOUR", more)
        _never_less(before, estimate(*asked))
        patch.setattr(interruptions, "AN_HOUR", {name: Range.exactly(0) for name in more})
        _never_less(estimate(*asked), before)


@given(works(), st.integers(8, 256))
def test_rarer_checkpoints_never_make_it_quicker(work, every):
    machine, asked = rented_gpu("NVIDIA L4"), {"spot": Price(Range.exactly(1))}
    often, rarely = (replace(work, save_every=steps) for steps in (every, every * 2))
    _never_less(estimate(often, machine, asked, Terms("spot")), estimate(rarely, machine, asked, Terms("spot")))


def _never_less(one: Estimate, other: Estimate) -> None:
    for before, after in zip(_ranges(one), _ranges(other), strict=True):
        for end in ("low", "likely", "high"):
            assert getattr(before, end) <= getattr(after, end) * (1 + 1e-9)
