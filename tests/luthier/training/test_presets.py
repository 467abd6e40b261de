"""What is chosen where the spec is open, and that what a user says stays."""

import pytest

from luthier.errors import SpecError
from luthier.spec import RunSpec
from luthier.training.presets import PRESETS, reasons, resolve


def asked(**training) -> RunSpec:
    return RunSpec.model_validate({"name": "x", "data": {"path": "x"}, "training": training})


@pytest.mark.parametrize(("preset", "rank", "rate", "epochs"), [
    ("conservative", 8, 1e-4, 2), ("balanced", 16, 2e-4, 3), ("aggressive", 32, 3e-4, 4),
])  # fmt: skip
def test_preset_values(preset, rank, rate, epochs):
    chosen = resolve(asked(preset=preset), context=2048).training
    assert (chosen.rank, chosen.alpha, chosen.learning_rate, chosen.epochs) == (rank, 2 * rank, rate, epochs)


def test_the_users_values_stay():
    given = {"rank": 5, "alpha": 7, "dropout": 0.0, "batch_size": 6, "micro_batch_tokens": 300, "max_length": 100,
             "dtype": "float32", "gradient_checkpointing": True, "patience": 9, "epochs": 0.5}  # fmt: skip
    training = resolve(asked(**given), context=2048).training
    assert {key: getattr(training, key) for key in given} == given


def test_alpha_follows_the_users_rank():
    assert resolve(asked(rank=64), context=512).training.alpha == 128


def test_resolving_twice_changes_nothing():
    once = resolve(asked(), context=512)
    assert resolve(once, context=512) == once
    assert reasons(once, context=512) == {}


def test_every_open_value_has_a_reason():
    spec = asked(rank=4)
    why = reasons(spec, context=512)
    chosen = {key for key, value in resolve(spec, context=512).training if value != getattr(spec.training, key)}
    assert chosen == set(why) and all(why.values()) and "rank" not in why


def test_longer_than_the_context():
    with pytest.raises(SpecError, match="context of 512") as caught:
        resolve(asked(max_length=513), context=512)
    assert caught.value.where == "training.max_length"


def test_presets_say_what_they_are_for():
    assert all(preset.use and preset.risk for preset in PRESETS.values())
