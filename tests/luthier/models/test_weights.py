"""What training made, as others read it."""

import pytest
from transformers import AutoModelForCausalLM

from luthier.models.base import load_model
from luthier.models.weights import ANSWERING, publish, write_model


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_whole_model_still_knows_where_to_stop(dtype, tiny_model, tmp_path):
    """Phi 3 names the end of a turn among the tokens that end an answer, and in no other file."""
    model = load_model(tiny_model, "float32")
    model.generation_config.eos_token_id = [1, 2]
    (tmp_path / "checkpoint").mkdir()
    write_model(model, tmp_path / "checkpoint")
    publish(tmp_path / "checkpoint", tmp_path / "model", dtype)
    published = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype="auto")
    assert str(published.dtype) == f"torch.{dtype}"
    assert published.generation_config.eos_token_id == [1, 2]


def test_so_does_one_that_mlx_trained(tiny_model, tmp_path):
    pytest.importorskip("mlx_lm")
    from luthier.models.mlx.model import read_model
    from luthier.models.mlx.model import write_model as write_with_mlx

    base, checkpoint = tmp_path / "base", tmp_path / "checkpoint"
    model = load_model(tiny_model, "float32")
    model.generation_config.eos_token_id = [1, 2]
    base.mkdir(), checkpoint.mkdir()
    write_model(model, base)
    write_with_mlx(read_model(base), base, checkpoint)
    assert (checkpoint / ANSWERING).read_bytes() == (base / ANSWERING).read_bytes()
