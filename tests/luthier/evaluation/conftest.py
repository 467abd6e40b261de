"""A run of the tiny model, and the tiny model in memory."""

import pytest
from evaluation_run import SPEC, make_run


@pytest.fixture
def run(tmp_path, tiny_model):
    return make_run(tmp_path / "run", tiny_model)


@pytest.fixture(scope="session")
def loaded(tiny_model):
    from luthier.evaluation.loaded import load

    return load(SPEC, tiny_model)
