"""luthier bench-train: it learns, what it learns from, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import main
from luthier.models.base import load_model, load_tokenizer
from luthier.models.chat import encode

ANSWER = "The sea is blue."


def row(*turns: str) -> bytes:
    messages = [{"role": "assistant" if n % 2 else "user", "content": turn} for n, turn in enumerate(turns)]
    return json.dumps({"messages": messages}).encode() + b"\n"


ROWS = [row(f"Question {n}?", "Yes, I see.", "And the sea?", ANSWER) for n in range(12)]


@pytest.fixture
def call(tmp_path, monkeypatch, tiny_model):
    """Train on the bytes of a file; returns (exit code, stderr, the folder that is left)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("luthier.startup.leave_out_unused", lambda: None)  # other tests share this process

    def train(content: bytes, *options: str, model: Path = tiny_model) -> tuple[int, str, Path]:
        Path("rows.jsonl").write_bytes(content)
        out = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        asked = ["--model", str(model), "--data", "rows.jsonl", "--out", str(out), *options]
        done = CliRunner().invoke(main, ["bench-train", *asked])
        return done.exit_code, done.stderr, out

    return train


def test_it_learns_the_last_answers_and_leaves_an_adapter_that_plain_peft_loads(call, tiny_model):
    import torch
    from peft import PeftModel

    code, err, out = call(b"".join(ROWS), "--batch", "4", "--epochs", "3", "--lr", "0.02", "--rank", "4")
    assert code == 0, err
    told = json.loads((out / "train.json").read_text())
    tokenizer = load_tokenizer(tiny_model)
    assert told["steps"] == 9
    assert told["trained_tokens"] == 3 * len(ROWS) * len(tokenizer(f"{ANSWER}<|im_end|>")["input_ids"])
    assert told["train_cpu_s"] > 0 and told["last_loss"] < told["first_loss"]

    config = json.loads((out / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["lora_dropout"]) == (4, 8, 0)
    model = load_model(tiny_model, "float32")
    encoded = encode(tokenizer, json.loads(ROWS[0])["messages"], 512, last_only=True)
    ids, labels = torch.tensor([encoded.input_ids]), torch.tensor([encoded.labels])
    with torch.no_grad():
        before = model(input_ids=ids, labels=labels).loss
        after = PeftModel.from_pretrained(model, out)(input_ids=ids, labels=labels).loss
    assert after < before - 0.3


def test_the_seed_decides_the_weights(call):
    def weights(seed: str) -> bytes:
        _, _, out = call(b"".join(ROWS[:2]), "--rank", "2", "--seed", seed)
        return (out / "adapter_model.safetensors").read_bytes()

    first = weights("1")
    assert first == weights("1") != weights("2")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (ROWS[0] + b'{"messages": [\n', "rows.jsonl:2: broken JSON"),
        (ROWS[0] + row("A question without an answer"), "rows.jsonl:2: the conversation ends with the user"),
        (b"", "the data file is empty"),
        (ROWS[0] + row("a long question " * 40, ANSWER), "nothing to learn"),
    ],
)
def test_rows_that_cannot_be_learned_from(call, content, told):
    code, err, _ = call(content)
    assert code == 2 and told in err and "Traceback" not in err


def test_a_model_that_is_not_there(call, tmp_path):
    code, err, _ = call(ROWS[0], model=tmp_path / "nowhere")
    assert code == 2 and "there is no base model" in err


def test_values_that_cannot_work(call):
    code, err, _ = call(ROWS[0], "--rank", "0", "--lr", "-1")
    assert code == 2 and "training.rank" in err and "training.learning_rate" in err


def test_help_does_not_name_it():
    assert "bench-train" not in CliRunner().invoke(main, ["--help"]).stdout
