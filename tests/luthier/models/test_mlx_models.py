"""MLX holds the very models and adapters that PyTorch holds, family by family."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from families import FAMILIES, build
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from luthier.errors import ModelError
from luthier.storage import read_json, sha256_file, write_json

mx = pytest.importorskip("mlx.core")
pytest.importorskip("mlx_lm")

from mlx_lm.utils import load_adapters  # noqa: E402

from luthier.models.mlx import adapter as adapters  # noqa: E402
from luthier.models.mlx.conversion import MLX, convert  # noqa: E402
from luthier.models.mlx.greedy import answers, takes_batches  # noqa: E402
from luthier.models.mlx.layers import add_adapter, linear_layers, without_adapter  # noqa: E402
from luthier.models.mlx.load import load, window  # noqa: E402
from luthier.models.mlx.peft_form import Size  # noqa: E402
from luthier.models.mlx.reading import Reader, padded  # noqa: E402

IDS = [*range(5, 33)]
"""As many tokens as the families' sliding windows let through."""


@pytest.fixture(scope="module", params=FAMILIES)
def base(request, tmp_path_factory) -> Path:
    return build(request.param, tmp_path_factory.mktemp("families") / request.param)


def theirs(model: torch.nn.Module, ids: list[int] = IDS) -> np.ndarray:
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits[0].numpy()


def ours(model, ids: list[int] = IDS) -> np.ndarray:
    return np.array(model(mx.array([ids]))[0])


def with_adapter(base: Path) -> PeftModel:
    """A random one on every linear layer but the head, that changes what the model says."""
    torch.manual_seed(1)
    config = LoraConfig(r=4, lora_alpha=12, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    return get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).eval()


def test_the_base_is_the_same(base):
    model = load(base, "float32")
    assert np.abs(ours(model) - theirs(AutoModelForCausalLM.from_pretrained(base))).max() < 1e-3
    assert window(model, base) in (None, 32)


def test_an_adapter_of_pefts_says_the_same(base, tmp_path):
    peft = with_adapter(base)
    peft.save_pretrained(tmp_path)
    model = load(base, "float32")
    before = ours(model)
    adapters.load_adapter(model, tmp_path)
    assert np.abs(ours(model) - theirs(peft)).max() < 1e-3 < np.abs(ours(model) - before).max()
    with without_adapter(model):
        assert np.array_equal(ours(model), before)


def test_an_adapter_of_ours_says_the_same_in_peft(base, tmp_path):
    model, size = load(base, "float32"), Size(4, 12, 0.0)
    add_adapter(model, list(linear_layers(model)), size.rank, size.scale)
    for layer in adapters.adapted_layers(model).values():
        layer.lora_b = mx.random.normal(layer.lora_b.shape, scale=0.1, key=mx.random.key(layer.lora_b.size))
    adapters.write_adapter(model, size, base, tmp_path)
    peft = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), tmp_path).eval()
    assert np.abs(ours(model) - theirs(peft)).max() < 1e-3
    expected = {name.replace(".default.", ".") for name, _ in with_adapter(base).named_parameters() if "lora_" in name}
    assert load_file(tmp_path / "adapter_model.safetensors").keys() == expected


def test_answers_side_by_side_are_those_one_by_one(base):
    model = load(base, "float32")
    prompts = [IDS[:length] for length in (5, 17, 3, 11)]
    alone = [answers(model, [prompt], [], 6)[0] for prompt in prompts]
    assert answers(model, prompts, [], 6) == alone
    written = prompts[1] + alone[1]
    assert ours(model, written[:-1]).argmax(-1)[-6:].tolist() == alone[1]
    stopped = answers(model, prompts, [alone[0][3]], 6)
    assert stopped[0] == alone[0][: alone[0].index(alone[0][3])]
    assert takes_batches(model) or "gemma2" in base.name


def test_the_head_on_some_tokens_gives_the_models_own_losses(base):
    model = load(base, "float32")
    rows = [(np.array(IDS), np.array([3, 4, 20])), (np.array(IDS[4:12]), np.array([1, 7]))]
    likelihoods = torch.tensor(theirs(AutoModelForCausalLM.from_pretrained(base))).log_softmax(-1)
    told = np.array(Reader(model).losses(padded(rows)))
    assert told[:3] == pytest.approx([-float(likelihoods[at - 1, IDS[at]]) for at in (3, 4, 20)], abs=1e-3)
    assert len(told) == 5 and np.isfinite(told).all()


@pytest.fixture(scope="module")
def tiny_adapter(tiny_model, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("adapter")
    with_adapter(tiny_model).save_pretrained(folder)
    return folder


def test_adapters_go_to_mlx_lm_and_back_without_a_digit_lost(tiny_model, tiny_adapter, tmp_path):
    convert(tiny_adapter, tmp_path / "mlx")
    by_mlx_lm = load_adapters(load(tiny_model, "float32"), str(tmp_path / "mlx"))
    by_mlx_lm.eval()
    assert np.abs(ours(by_mlx_lm) - theirs(with_adapter(tiny_model))).max() < 1e-4
    convert(tmp_path / "mlx", tmp_path / "peft")
    name = "adapter_model.safetensors"
    assert sha256_file(tmp_path / "peft" / name) == sha256_file(tiny_adapter / name)
    peft = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_model), tmp_path / "peft").eval()
    assert np.abs(ours(by_mlx_lm) - theirs(peft)).max() < 1e-4


def test_more_than_lora_is_refused(tiny_model, tiny_adapter, tmp_path):
    config = read_json(tiny_adapter / "adapter_config.json")
    (tmp_path / "dora").mkdir()
    (tmp_path / "dora" / "adapter_model.safetensors").write_bytes(
        (tiny_adapter / "adapter_model.safetensors").read_bytes()
    )
    write_json(tmp_path / "dora" / "adapter_config.json", config | {"use_dora": True})
    with pytest.raises(ModelError, match="cannot be converted"):
        convert(tmp_path / "dora", tmp_path / "mlx")
    with pytest.raises(ModelError, match="no adapter but plain LoRA"):
        adapters.load_adapter(load(tiny_model, "float32"), tmp_path / "dora")
    (tmp_path / "whole").mkdir()
    write_json(tmp_path / "whole" / MLX.config, {"fine_tune_type": "full"})
    (tmp_path / "whole" / MLX.weights).touch()
    with pytest.raises(ModelError, match="cannot be converted"):
        convert(tmp_path / "whole", tmp_path / "peft")


@pytest.mark.parametrize("arguments", [["nowhere", "target"], ["dora", "target"], ["dora"]])
def test_who_cannot_convert_is_told_why(arguments, tmp_path):
    (tmp_path / "dora").mkdir()
    (tmp_path / "dora" / "adapter_model.safetensors").touch()
    write_json(tmp_path / "dora" / "adapter_config.json", {"peft_type": "LORA", "bias": "none", "use_dora": True})
    command = [sys.executable, "-m", "luthier.models.mlx.conversion", *arguments]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_base_in_four_bits_is_smaller_and_keeps_its_head(tiny_model):
    model = load(tiny_model, "float32", four_bit=True)
    assert all(type(layer).__name__ == "QuantizedLinear" for layer in linear_layers(model).values())
    assert type(model.model.embed_tokens).__name__ == "Embedding"
    assert 0 < np.abs(ours(model) - ours(load(tiny_model, "float32"))).max() < 0.5


def test_what_mlx_lm_does_not_know_is_said(tiny_model, tmp_path):
    for path in tiny_model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write_json(tmp_path / "config.json", read_json(tiny_model / "config.json") | {"model_type": "unheard_of"})
    with pytest.raises(ModelError, match="MLX cannot load"):
        load(tmp_path, "float32")
