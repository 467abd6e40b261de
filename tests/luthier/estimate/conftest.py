"""A run's work as numbers: the demo's, on SmolLM2-135M."""

import pytest
from estimated_work import demo_work

from luthier.estimate.work import Work


@pytest.fixture
def work() -> Work:
    return demo_work()
