"""A run of the tiny model, and the tiny model in memory."""

import pytest
from evaluation_run import SPEC, make_run


@pytest.fixture
def run(tmp_path, tiny_model):
    return make_run(tmp_path / "run", tiny_model)


@pytest.fixture(scope="session")
def loaded(tiny_model):
    """With stronger layers: as it is made, the tiny model hardly looks at what stands before the last token."""
    import torch

    from luthier.evaluation.loaded import load

    loaded = load(SPEC, tiny_model)
    with torch.no_grad():
        for weight in loaded.engine.model.model.layers.parameters():
            if weight.dim() == 2:
                weight *= 8
    return loaded
