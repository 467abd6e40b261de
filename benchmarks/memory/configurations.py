"""What is measured: some configurations to fit the model's constants on, and others to try it on."""

from typing import Any


def shape(**config: Any) -> dict[str, Any]:
    return config


SHAPES: dict[str, dict[str, Any]] = {
    "llama": shape(vocab_size=32_000, hidden_size=512, intermediate_size=1536, num_hidden_layers=12,
                  num_attention_heads=8, num_key_value_heads=2, head_dim=64, tie_word_embeddings=True),
    "gemma": shape(vocab_size=64_000, hidden_size=640, intermediate_size=2560, num_hidden_layers=6,
                  num_attention_heads=4, num_key_value_heads=1, head_dim=256, tie_word_embeddings=True),
    "mistral": shape(vocab_size=32_000, hidden_size=1024, intermediate_size=2816, num_hidden_layers=6,
                    num_attention_heads=16, num_key_value_heads=4, head_dim=64, tie_word_embeddings=False),
    "qwen2": shape(vocab_size=151_936, hidden_size=384, intermediate_size=1280, num_hidden_layers=8,
                  num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=True),
    "deep": shape(model_type="llama", vocab_size=8_000, hidden_size=320, intermediate_size=896, num_hidden_layers=30,
                 num_attention_heads=5, num_key_value_heads=5, head_dim=64, tie_word_embeddings=False),
    "wide": shape(model_type="llama", vocab_size=16_000, hidden_size=1536, intermediate_size=4096, num_hidden_layers=8,
                 num_attention_heads=24, num_key_value_heads=8, head_dim=64, tie_word_embeddings=True),
    "qwen3": shape(vocab_size=50_000, hidden_size=768, intermediate_size=2048, num_hidden_layers=10,
                  num_attention_heads=12, num_key_value_heads=4, head_dim=64, tie_word_embeddings=True),
}  # fmt: skip
"""Configs of transformers, by a name that is the `model_type` where none is given."""

USUAL: dict[str, Any] = {
    "method": "lora", "loss": "cross_entropy", "rank": 16, "dropout": 0.0, "packing": True, "dtype": "float32",
    "micro_batch_tokens": 1024, "gradient_checkpointing": False, "rows": 4, "length": 257, "answer": 100,
}  # fmt: skip
"""rows: of a step. length, answer: tokens of a row, and those of them that are learned."""

ANSWERING: dict[str, Any] = {"dtype": "float32", "rows": 24, "length": 200, "new": 4}

FULL: dict[str, Any] = {"method": "full", "rank": None, "micro_batch_tokens": 512}
SHORT: dict[str, Any] = {"rows": 16, "length": 65, "answer": 20}
LONG: dict[str, Any] = {"rows": 1, "length": 1025, "answer": 700}
SAVING: dict[str, Any] = {"gradient_checkpointing": True}
BF16: dict[str, Any] = {"dtype": "bfloat16"}
QLORA: dict[str, Any] = {"method": "qlora"}
DPO: dict[str, Any] = {"loss": "dpo", "rows": 2}
ALONE: dict[str, Any] = {"packing": False, "rows": 1, "length": 1025, "answer": 700}


def training(shape: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _of(shape, USUAL, *parts, more)


def answering(shape: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _of(shape, ANSWERING, *parts, more)


def _of(shape: str, *parts: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {"shape": shape}
    for part in parts:
        given |= part
    return given


FITTING = [
    training("llama"),
    training("llama", BF16),
    training("llama", LONG),
    training("llama", FULL),
    training("llama", FULL, BF16),
    training("llama", QLORA, BF16),
    training("llama", QLORA),
    training("llama", SAVING, LONG),
    training("mistral"),
    training("mistral", BF16, LONG),
    training("mistral", FULL, rows=2),
    training("mistral", BF16, dropout=0.1),
    training("gemma", SHORT),
    training("gemma", BF16, SHORT, rows=24, micro_batch_tokens=1536),
    training("gemma", ALONE),
    training("gemma", BF16, ALONE),
    training("mistral", DPO),
    answering("llama"),
    answering("mistral", BF16),
    training("qwen2", QLORA, LONG),
    training("deep", QLORA, rows=6, micro_batch_tokens=1536),
    training("wide", QLORA, BF16, rank=8, rows=3),
    answering("deep", rows=40),
    answering("qwen3", BF16, length=500, rows=20),
]

HELD_OUT = [
    training("qwen2"),
    training("qwen2", BF16),
    training("qwen2", FULL),
    training("qwen2", BF16, ALONE),
    training("deep"),
    training("deep", BF16, rank=64),
    training("deep", FULL, BF16),
    training("deep", SAVING, rows=8, micro_batch_tokens=2048),
    training("deep", ALONE),
    training("deep", DPO, BF16),
    training("wide", rows=2),
    training("wide", BF16, rows=2),
    training("wide", SAVING, BF16, LONG),
    training("qwen3"),
    training("qwen3", BF16, LONG),
    training("qwen3", QLORA, dropout=0.05),
    training("qwen3", FULL, rows=2),
    training("qwen3", FULL, BF16, SAVING),
    training("qwen3", DPO),
    training("qwen3", SHORT, rank=128, rows=12),
    training("mistral", FULL, BF16, SAVING),
    training("mistral", QLORA, rank=4, rows=5, micro_batch_tokens=1536),
    training("llama", SHORT, BF16, dropout=0.1),
    training("gemma", QLORA, BF16, LONG),
    training("gemma", FULL),
    answering("qwen3", rows=40, new=24),
    answering("deep", BF16, length=300, rows=30, new=24),
    answering("wide", rows=40, new=16),
]
"""Shapes that the fitting set knows come with other ways of training."""
