"""The run of a rehearsal: any architecture, small, trainable; nothing of the run's money or people in it."""

import itertools
import warnings

import pytest
import tiny_model as tiny
import transformers

from luthier.errors import ModelError
from luthier.rehearsal.sample import ROWS
from luthier.rehearsal.scale import MAX_USD, scale_down, write_tiny_model
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.spec_file import load_spec
from luthier.storage import read_jsonl, write_jsonl
from luthier.validation import validate

ARCHITECTURES = ["Llama", "Qwen2", "Qwen3", "Mistral", "Gemma2", "Gemma3Text", "Phi", "Phi3", "SmolLM3", "GPT2"]


def base_of(folder, architecture: str, **changes):
    """A base model's folder without weights: the sizes are those of a real one, as transformers gives them."""
    getattr(transformers, f"{architecture}Config")(**changes).save_pretrained(folder)
    tiny._tokenizer().save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("architecture", "tied"), [*zip(ARCHITECTURES, itertools.cycle([True, False]), strict=False), ("Llama", False)]
)
def test_an_architecture_shrinks_and_takes_an_adapter(tmp_path, architecture, tied):
    from peft import LoraConfig, get_peft_model

    write_tiny_model(base_of(tmp_path / "base", architecture, tie_word_embeddings=tied), tmp_path / "small")
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "small")
    rim = [model.get_input_embeddings().weight, model.get_output_embeddings().weight]
    assert (rim[0] is rim[1]) == tied
    assert model.num_parameters() - sum(weight.numel() for weight in {id(one): one for one in rim}.values()) < 2_000_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tuned = get_peft_model(model, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"))
    assert any("lora_A" in name for name, _ in tuned.named_parameters())


def test_layers_of_every_kind_are_kept(tmp_path):
    write_tiny_model(base_of(tmp_path / "base", "Gemma2"), tmp_path / "small")
    config = transformers.AutoConfig.from_pretrained(tmp_path / "small")
    assert sorted(config.layer_types) == ["full_attention", "sliding_attention"]


def test_an_architecture_that_cannot_shrink_is_named(tmp_path):
    with pytest.raises(ModelError, match="small model of this architecture"):
        write_tiny_model(base_of(tmp_path / "base", "Mamba"), tmp_path / "small")


@pytest.fixture
def small(tmp_path, tiny_model):
    """The spec of the rehearsal of a run with long rows, a low budget and a deadline."""
    prompts = [f"Tell me about {n}. " + "Indeed. " * min(n, 55) for n in range(200)]
    rows = [{"prompt": prompt, "completion": f"It is {n}."} for n, prompt in enumerate(prompts)]
    write_jsonl(tmp_path / "data.jsonl", rows)
    asked = {
        "name": "Big one",
        "data": {"path": str(tmp_path / "data.jsonl")},
        "model": {"base": str(tiny_model)},
        "compute": {"provider": "runpod", "gpu": "NVIDIA B300", "max_usd_per_hour": 0.01, "deadline": "2020-01-01"},
        "budget": {"max_usd": 0},
    }
    run = open_run(RunSpec.model_validate(asked), Settings(home=tmp_path / "home"))
    for _ in validate(run):
        pass
    return load_spec(scale_down(run, tmp_path / "small"))


def test_what_would_stop_a_rehearsal_is_left_out(small):
    assert small.compute.gpu is None and small.compute.max_usd_per_hour is None and small.compute.deadline is None
    assert small.budget.max_usd == MAX_USD and small.evaluation.accept == {}
    assert small.compute.max_hours <= 2


def test_rows_are_a_sample_that_validates(small, tmp_path):
    assert len(read_jsonl(small.data.path)) == ROWS
    *_, last = validate(open_run(small, Settings(home=tmp_path / "rehearsal")))
    assert last["result"]["accepted"] == ROWS


def test_pairs_stay_pairs(tmp_path, tiny_model):
    """Or the small run would have nothing to prefer."""
    rows = [
        {"prompt": f"Who is {n}?", "chosen": f"It is {n}. " + "So. " * n, "rejected": "No. " * n + "Ask."}
        for n in range(130)
    ]
    write_jsonl(tmp_path / "data.jsonl", rows)
    asked = {
        "name": "Pairs",
        "data": {"path": str(tmp_path / "data.jsonl")},
        "model": {"base": str(tiny_model)},
        "evaluation": {"primary_metric": "preferred"},
    }
    run = open_run(RunSpec.model_validate(asked), Settings(home=tmp_path / "home"))
    for _ in validate(run):
        pass
    small = load_spec(scale_down(run, tmp_path / "small"))
    *_, last = validate(open_run(small, Settings(home=tmp_path / "rehearsal")))
    assert small.training.loss == "dpo" and last["result"]["accepted"] == ROWS
