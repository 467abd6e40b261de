"""Losses that grow are told from those that only jump about."""

import random

import pytest

from luthier.training.divergence import STEPS, Divergence


def first_alarm(losses: list[float]) -> int | None:
    found = Divergence([])
    return next((step for step, loss in enumerate(losses, 1) if found.grows(loss)), None)


def ordinary(seed: int, noise: float, start: float = 3.2, end: float = 0.8, steps: int = 300) -> list[float]:
    dice = random.Random(seed)
    return [max(0.01, start + (end - start) * step / steps + dice.gauss(0, noise)) for step in range(steps)]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("noise", [0.1, 0.5, 1.0])
def test_ordinary_trainings_raise_no_alarm(seed, noise):
    assert first_alarm(ordinary(seed, noise)) is None


def test_spikes_that_the_training_recovers_from_raise_none():
    losses = ordinary(1, 0.3)
    for step in range(50, 300, 40):
        losses[step : step + 6] = [40.0] * 6
    assert first_alarm(losses) is None


def test_a_lucky_first_batch_raises_none():
    assert first_alarm([0.05, *ordinary(2, 0.5)]) is None


def test_an_untrained_model_that_learns_nothing_raises_none():
    assert first_alarm([5.6 + random.Random(3).gauss(0, 0.2) for _ in range(200)]) is None


def test_growth_from_the_first_steps_on_is_told():
    assert first_alarm([3.0, *(8.0 + step for step in range(60))]) == STEPS


def test_growth_after_a_good_beginning_is_told():
    losses = ordinary(4, 0.3, steps=100) + [9.0] * 40
    assert 100 < first_alarm(losses) <= 100 + STEPS


def test_a_resumed_training_knows_what_came_before():
    losses = ordinary(4, 0.3, steps=100) + [9.0] * 40
    at = first_alarm(losses)
    assert Divergence(losses[: at - 1]).grows(losses[at - 1])
