from dataclasses import replace

from peft import LoraConfig, get_peft_model

from luthier.estimate.base_size import base_size, size_of
from luthier.models.base import load_model
from luthier.storage import read_json


def test_the_headers_tell_what_the_model_has(tiny_model):
    size, model = base_size(tiny_model), load_model(tiny_model, "float32")
    matrices = [p.numel() for name, p in model.named_parameters() if p.dim() == 2 and "embed" not in name]
    assert size.layers_weights == sum(matrices)
    assert size.head == model.get_output_embeddings().weight.numel()
    assert size.layers == model.config.num_hidden_layers
    head_dim = model.config.hidden_size // model.config.num_attention_heads
    assert size.cached == 2 * size.layers * model.config.num_key_value_heads * head_dim


def test_the_adapter_is_as_large_as_peft_makes_it(tiny_model):
    tuned = get_peft_model(load_model(tiny_model, "float32"), LoraConfig(r=4, target_modules="all-linear"))
    assert base_size(tiny_model).adapter(4) == tuned.num_parameters(only_trainable=True)


def test_a_config_alone_tells_the_same(tiny_model):
    told = base_size(tiny_model)
    assert replace(size_of(read_json(tiny_model / "config.json")), bytes=told.bytes) == told
