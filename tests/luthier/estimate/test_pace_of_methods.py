"""What a method and a loss cost in time."""

from dataclasses import replace

import pytest
from estimated_work import SMOLLM2, cpu, demo_work

from luthier.estimate.pace import training_s


def test_each_method_has_its_work():
    """In full a third to a half more FLOPs; 4 bits are unpacked at each use; the base reads pairs once before."""
    machine = cpu(200, 2)
    lora = demo_work()
    full = replace(lora, method="full", trained=SMOLLM2.weights)
    qlora = replace(lora, method="qlora")
    assert 1.2 < training_s(full, machine).likely / training_s(lora, machine).likely < 1.5
    assert training_s(qlora, machine).likely / training_s(lora, machine).likely == pytest.approx(1.3)
    pairs = replace(lora, paired=True, compared=10_000)
    assert training_s(pairs, machine).likely > training_s(lora, machine).likely
