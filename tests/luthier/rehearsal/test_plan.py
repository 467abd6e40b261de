"""Which interruptions are drawn: the same for the same seed, every phase in turn, none that ends a run rightly."""

from collections import Counter

import pytest

from luthier.rehearsal.phases import PHASES
from luthier.rehearsal.plan import VANISHES, plan, stage_of


def test_a_seed_draws_the_same_again():
    assert plan(5, seed=3) == plan(5, seed=3)
    assert plan(5, seed=3) != plan(5, seed=4)


def test_a_drill_of_thirty_meets_every_phase_often_enough():
    met = Counter(strike.phase for seed in range(30) for strike in plan(5, seed))
    assert set(met) == set(PHASES) and min(met.values()) >= 20


@pytest.mark.parametrize("seed", range(50))
def test_stages_come_in_their_order_and_no_stage_loses_three_pods_unexplained(seed):
    strikes = plan(8, seed)
    stages = [stage_of(strike.phase) for strike in strikes if stage_of(strike.phase)]
    assert len(strikes) == 8 and stages == sorted(stages)
    vanished = Counter(stage_of(strike.phase) for strike in strikes if strike.how == VANISHES)
    assert max(vanished.values(), default=0) <= 1


def test_no_interruptions_is_a_plan_too():
    assert plan(0, seed=1) == []
