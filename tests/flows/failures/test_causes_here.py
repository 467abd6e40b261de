"""Causes provoked for real on this machine: each recognised, told alike everywhere, with the right difference."""

import json
import shutil

import pytest
import torch
import yaml
from chain import Home, write_spec
from failed_run import recognised
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from luthier.models.base import load_tokenizer
from luthier.storage import read_json, read_jsonl

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
drill = pytest.mark.drill
SHORT = {"epochs": 1, "checkpoint_every": 3, "micro_batch_tokens": None}


@pytest.fixture
def base(tmp_path, tiny_model):
    """A copy of the tiny model that may be spoilt."""
    return shutil.copytree(tiny_model, tmp_path / "base")


def teach(base, rows: list[str]) -> None:
    """Train all weights on the rows until their loss is low."""
    model = AutoModelForCausalLM.from_pretrained(base)
    tokenizer = load_tokenizer(base)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    texts = [json.loads(row) for row in rows]
    roles = {"prompt": "user", "completion": "assistant"}
    chats = [[{"role": role, "content": text[key]} for key, role in roles.items()] for text in texts]
    batch = tokenizer([tokenizer.apply_chat_template(chat, tokenize=False) for chat in chats],
                      return_tensors="pt", padding=True)  # fmt: skip
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    for start in range(0, 120 * 12, 24):
        some = torch.arange(start, start + 24) % len(rows)
        optimizer.zero_grad()
        model(**{key: value[some] for key, value in batch.items()}, labels=labels[some]).loss.backward()
        optimizer.step()
    model.save_pretrained(base)


def test_a_faulty_row(failing, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, data={"max_quarantined": 0.05})
    with (tmp_path / "data.jsonl").open("a") as file:
        file.write('{"prompt": "And this one?"}\n')
    recognised(failing(spec), "bad_rows", {"data.on_bad_rows": "quarantine"}, goes_on=False)


@drill
def test_too_few_rows(failing, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model)
    rows = (tmp_path / "data.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "data.jsonl").write_text("".join(rows[:4]))
    recognised(failing(spec), "too_few_rows", {}, goes_on=True)


@drill
def test_broken_rules_of_ones_own(failing, tmp_path, tiny_model):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "expectations.json").write_text("[{")
    spec = write_spec(tmp_path, tiny_model, data={"rules": "rules"})
    recognised(failing(spec), "own_rules", {}, goes_on=True)


@drill
def test_a_model_without_a_chat_template(failing, tmp_path, base):
    (base / "chat_template.jinja").unlink(missing_ok=True)
    config = json.loads((base / "tokenizer_config.json").read_text())
    config.pop("chat_template", None)
    (base / "tokenizer_config.json").write_text(json.dumps(config))
    recognised(failing(write_spec(tmp_path, base)), "chat_template", {}, goes_on=True)


@drill
def test_a_broken_tokenizer(failing, tmp_path, base):
    (base / "tokenizer.json").write_text("{")
    recognised(failing(write_spec(tmp_path, base)), "tokenizer", {}, goes_on=True)


@drill
def test_pickled_weights(failing, tmp_path, base):
    torch.save(load_file(base / "model.safetensors"), base / "pytorch_model.bin")
    (base / "model.safetensors").unlink()
    recognised(failing(write_spec(tmp_path, base)), "pickled_weights", {}, goes_on=True)


@drill
def test_weights_that_were_cut_off(failing, tmp_path, base):
    content = (base / "model.safetensors").read_bytes()
    (base / "model.safetensors").write_bytes(content[: len(content) // 2])
    recognised(failing(write_spec(tmp_path, base)), "model_broken", {}, goes_on=True)


@drill
def test_a_model_that_is_not_there(failing, tmp_path, tiny_model):
    failed = failing(write_spec(tmp_path, tiny_model), "--set", "model.base=nobody/nothing")
    recognised(failed, "model_missing", {}, goes_on=True)


@drill
def test_weights_that_are_no_numbers(failing, tmp_path, base):
    weights = load_file(base / "model.safetensors")
    save_file({name: torch.full_like(each, float("nan")) for name, each in weights.items()},
              base / "model.safetensors", {"format": "pt"})  # fmt: skip
    spec = write_spec(tmp_path, base, training={**SHORT, "dtype": "bfloat16"})
    recognised(failing(spec), "model_not_finite", {"training.dtype": "float32"}, goes_on=False)


@drill
def test_longer_than_the_context(failing, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, training={**SHORT, "max_length": 4096})
    recognised(failing(spec), "context_too_long", {"training.max_length": 512}, goes_on=False)


@drill
def test_a_loss_that_is_no_number(failing, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, training={**SHORT, "rank": 1, "alpha": 2**62, "learning_rate": 0.9})
    recognised(failing(spec), "loss_not_finite", {"training.learning_rate": 0.3}, goes_on=False)


@drill
def test_a_loss_that_grows(failing, tmp_path, base):
    """The base knows the data already, so that there is something to lose."""
    wild = {"epochs": 20, "checkpoint_every": 300, "learning_rate": 0.2, "warmup_ratio": 0.5}
    spec = write_spec(tmp_path, base, training=wild)
    teach(base, (tmp_path / "data.jsonl").read_text().splitlines())
    failed = failing(spec)
    recognised(failed, "diverged", {"training.learning_rate": 0.067}, goes_on=False)


@drill
def test_a_full_gpu_whatever_is_tried_and_the_same_run_goes_on(failing, tmp_path, tiny_model):
    """All that changes no step was tried by itself; what is left is for people."""
    spec = write_spec(tmp_path, tiny_model, training={**SHORT, "epochs": 2, "micro_batch_tokens": 164})
    failed = failing(spec, condition="train:gpu_out_of_memory")
    recognised(failed, "gpu_memory", {}, goes_on=True)
    home, run = failed.home, failed.home.run
    assert pieces(home) == [("micro_batch_tokens", 164, 82), ("gradient_checkpointing", False, True)]
    done = home.luthier("retry", run.run_id, "--yes", "--json")
    assert done.returncode in (0, 3, 4), done.stderr
    assert json.loads(done.stdout)["new_run_id"] == run.run_id and home.run.run_id == run.run_id
    training = yaml.safe_load(run.spec.read_text())["training"]
    assert (training["micro_batch_tokens"], training["gradient_checkpointing"]) == (82, True)
    assert read_json(run.report / "report.json")["training"]["bit_for_bit_until"] is None  # no step was taken before
    counted = json.loads(home.luthier("runs", "failures", "--json").stdout)
    assert [(row["cause"], row["count"], row["share_fixed"]) for row in counted] == [("gpu_memory", 1, 1.0)]
    assert json.loads(home.luthier("retry", run.run_id, "--json").stdout)["cause"] is None


@drill
def test_a_full_gpu_on_resume_and_a_person_cuts_smaller(home, failing, tmp_path, tiny_model):
    training = {"epochs": 9, "checkpoint_every": 3, "micro_batch_tokens": 82, "gradient_checkpointing": True}
    spec = write_spec(tmp_path, tiny_model, training=training)
    with home.started("run", spec) as process:
        home.kill_worker(process, "train", lambda: bool(home.steps()))
        process.terminate()
        process.communicate(timeout=120)
    failed = failing(spec, condition="train:gpu_out_of_memory_on_resume")
    recognised(failed, "memory_on_resume", {}, goes_on=True)
    step = max(home.steps())
    done = home.luthier("retry", home.run.run_id, "--yes", "--set", "training.micro_batch_tokens=41")
    assert done.returncode in (0, 3, 4) and f"resumed at step {step}" in done.stderr
    assert "training.micro_batch_tokens was 82 and is 41" in done.stderr
    told = read_json(home.run.report / "report.json")["training"]
    change = {"key": "training.micro_batch_tokens", "old": 82, "new": 41, "step": step}
    assert (told["changes"], told["bit_for_bit_until"]) == ([change], step)


@drill
def test_a_full_machine_whatever_is_tried(failing, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, training={**SHORT, "micro_batch_tokens": 82})
    failed = failing(spec, condition="train:no_more_memory")
    recognised(failed, "host_memory", {}, goes_on=True)
    assert pieces(failed.home) == [("gradient_checkpointing", False, True)]


def pieces(home: Home) -> list[tuple]:
    """What was tried by itself: (key, old, new)."""
    told = [event for event in read_jsonl(home.run.events) if event["kind"] == "pieces"]
    return [(event["key"].removeprefix("training."), event["old"], event["new"]) for event in told]


@drill
def test_a_full_gpu_while_the_model_is_asked(failing, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, training=SHORT)
    failed = failing(spec, condition="baseline:gpu_out_of_memory_while_asked")
    recognised(failed, "memory_at_eval", {"training.dtype": "bfloat16"}, goes_on=False)


@drill
def test_a_gpu_that_torch_was_not_built_for(failing, tmp_path, tiny_model):
    failed = failing(write_spec(tmp_path, tiny_model, training=SHORT), condition="train:no_kernel_for_this_gpu")
    recognised(failed, "gpu_driver", {}, goes_on=True)


@drill
def test_a_worker_that_crashes(failing, tmp_path, tiny_model):
    failed = failing(write_spec(tmp_path, tiny_model, training=SHORT), condition="train:crash")
    recognised(failed, "worker_crashes", {}, goes_on=True)
    assert "SIGSEGV" in failed.record["message"] or "SIGSEGV" in str(failed.home.run.events.read_text())
