"""Tiny random models of the families people tune: real architectures, and chat templates in each family's own format.

python tests/families.py NAME FOLDER
"""

import sys
from pathlib import Path
from typing import Any, NamedTuple

CONTEXT = 1024

LLAMA = """{{ bos_token }}<|start_header_id|>system<|end_header_id|>

Today Date: {{ strftime_now('%d %b %Y') }}

{% set begin = 0 %}{% if messages[0].role == 'system' %}{{ messages[0].content | trim }}{% set begin = 1 %}{% endif -%}
<|eot_id|>
{%- for m in messages[begin:] -%}
<|start_header_id|>{{ 'ipython' if m.role == 'tool' else m.role }}<|end_header_id|>

{{ m.content | trim }}<|eot_id|>
{%- endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>

{% endif %}"""

# Has a system prompt only where the question stands last, as that of Mistral 7B v0.3.
MISTRAL = """{{ bos_token }}{% set said = messages %}
{%- if messages[0].role == 'system' %}{% set said = messages[1:] %}{% endif %}
{%- for m in said %}
{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant must take turns') }}
{%- elif m.role == 'user' and loop.last and messages[0].role == 'system' -%}
[INST] {{ messages[0].content }}

{{ m.content }}[/INST]
{%- elif m.role == 'user' -%}
[INST] {{ m.content }}[/INST]
{%- else %} {{ m.content | trim }}{{ eos_token }}
{%- endif %}{% endfor %}"""

# Closes a conversation that nothing follows; passes over what it does not know.
PHI = """{% for m in messages %}{% if m.role in ('system', 'user', 'assistant') %}<|{{ m.role }}|>
{{ m.content }}<|end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% else %}{{ eos_token }}{% endif %}"""

_CHATML_TURN = """{% if m.role == 'tool' %}
{%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}<|im_start|>user{% endif %}
<tool_response>
{{ m.content }}
</tool_response>
{%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}<|im_end|>
{% endif %}"""

QWEN2 = (
    """{% if messages[0].role != 'system' %}<|im_start|>system
You are a helpful assistant.<|im_end|>
{% endif %}{% for m in messages %}"""
    + _CHATML_TURN
    + """{% else %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
)

# Earlier answers lose their reasoning; the last one has some, and be it empty.
QWEN3 = (
    """{% set ns = namespace(asked=0) %}{% for m in messages %}
{%- if m.role == 'user' %}{% set ns.asked = loop.index0 %}{% endif %}{% endfor %}
{%- for m in messages %}"""
    + _CHATML_TURN
    + """{% elif m.role == 'assistant' %}{% set parts = m.content.split('</think>') %}<|im_start|>assistant
{% if loop.index0 > ns.asked and (loop.last or parts | length > 1) %}<think>
{{ parts[0].replace('<think>', '').strip() if parts | length > 1 }}
</think>

{% endif %}{{ parts[-1].lstrip('\n') }}<|im_end|>
{% else %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking is false %}<think>

</think>

{% endif %}{% endif %}"""
)

_GEMMA_TURNS = """{% for m in said %}
{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and model take turns') }}{% endif -%}
<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}
{{ first if loop.first }}{{ m.content | trim }}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}"""

GEMMA2 = (
    """{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- set said, first = messages, '' %}"""
    + _GEMMA_TURNS
)

GEMMA3 = (
    """{{ bos_token }}{% set said, first = messages, '' %}{% if messages[0].role == 'system' %}
{%- set said, first = messages[1:], messages[0].content + '\n\n' %}{% endif %}"""
    + _GEMMA_TURNS
)

SMOLLM2 = """{% for m in messages %}{% if loop.first and m.role != 'system' %}<|im_start|>system
You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
{% endif %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

SMOLLM3 = """{% set thinks = enable_thinking is not defined or enable_thinking %}<|im_start|>system
## Metadata

Today Date: {{ strftime_now('%d %B %Y') }}
Reasoning Mode: {{ '/think' if thinks else '/no_think' }}

## Custom Instructions

{{ messages[0].content if messages[0].role == 'system' else 'You are a helpful AI assistant named SmolLM.' }}<|im_end|>
{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant
{% if not thinks %}<think>

</think>

{% endif %}{% generation %}{{ m.content.lstrip('\n') }}<|im_end|>
{% endgeneration %}{% elif m.role == 'tool' %}<|im_start|>user
{{ m.content }}<|im_end|>
{% elif m.role == 'user' %}<|im_start|>user
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if not thinks %}<think>

</think>

{% endif %}{% endif %}"""


class Family(NamedTuple):
    """`special` holds the named special tokens; `marks` the others, `spelt` tokens that decoding does not hide.

    pieces: how words are cut: bytes (as GPT-2), or as SentencePiece does it: gemma, mistral and llama differ in where
    they put the space that begins a text.
    """

    model_type: str
    template: str
    ends: str
    special: dict[str, str]
    marks: tuple[str, ...] = ()
    spelt: tuple[str, ...] = ()
    pieces: str = "bytes"
    tied: bool = True
    own: dict[str, Any] = {}
    packed: bool = True


CHATML = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
SLIDING = {"sliding_window": 32}

FAMILIES = {
    "llama": Family(
        "llama", LLAMA, "<|eot_id|>", {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        ("<|start_header_id|>", "<|end_header_id|>"), tied=False,
        own={"rope_parameters": {
            "rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 256,
        }},
    ),
    "mistral": Family(
        "mistral", MISTRAL, "</s>", {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
        ("[INST]", "[/INST]"), pieces="mistral", tied=False, own=SLIDING,
    ),
    "phi3": Family(
        "phi3", PHI, "<|end|>",
        {"bos_token": "<s>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "unk_token": "<unk>"},
        ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"), pieces="llama", tied=False, own=SLIDING,
    ),
    "qwen2": Family("qwen2", QWEN2, "<|im_end|>", CHATML, ("<|im_start|>",)),
    "qwen3": Family("qwen3", QWEN3, "<|im_end|>", CHATML, ("<|im_start|>",), ("<think>", "</think>"), tied=False),
    "gemma2": Family(
        "gemma2", GEMMA2, "<end_of_turn>", {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"},
        ("<start_of_turn>", "<end_of_turn>"), pieces="gemma", own=SLIDING | {"query_pre_attn_scalar": 16}, packed=False,
    ),
    "gemma3": Family(
        "gemma3_text", GEMMA3, "<end_of_turn>", {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"},
        ("<start_of_turn>", "<end_of_turn>"), pieces="gemma",
        own=SLIDING | {"query_pre_attn_scalar": 16, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "smollm2": Family(
        "llama", SMOLLM2, "<|im_end|>",
        {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}, ("<|endoftext|>",),
    ),
    "smollm3": Family(
        "smollm3", SMOLLM3, "<|im_end|>", {"eos_token": "<|im_end|>", "bos_token": "<|begin_of_text|>"},
        ("<|im_start|>",), ("<think>", "</think>"), own={"no_rope_layers": [1, 0]},
    ),
}  # fmt: skip


def build(name: str, folder: Path) -> Path:
    """Always the same weights, whoever builds it."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    family = FAMILIES[name]
    tokenizer = tokenizer_of(family)
    config = AutoConfig.for_model(
        family.model_type, vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=CONTEXT,
        tie_word_embeddings=family.tied, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id, **family.own,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
        for weight in model.parameters():  # a fresh model hardly looks around, and answers all the same
            if weight.dim() == 2:
                weight.data *= 6
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tokenizer_of(family: Family) -> Any:
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerFast

    special = list(dict.fromkeys([*family.special.values(), *family.marks]))
    swallow = family.pieces == "llama"  # Phi 3's marks take the line break behind them
    added = [AddedToken(mark, special=True, normalized=False, rstrip=swallow) for mark in special]
    added += [AddedToken(mark, special=False, normalized=False) for mark in family.spelt]
    backend = _bytes() if family.pieces == "bytes" else _pieces(family.pieces)
    backend.add_tokens(added)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, model_max_length=CONTEXT, chat_template=family.template, **family.special
    )


def _bytes() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*alphabet, "th", "Ġth"])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[("t", "h"), ("Ġ", "th")]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return backend


def _pieces(kind: str) -> Any:
    """Characters and a few merges; what is none of them falls back to bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    letters = ["▁", "\n", *map(chr, range(33, 127))]
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters, "th", "▁th"]
    vocabulary = {token: index for index, token in enumerate(pieces)}
    merges = [("t", "h"), ("▁", "th")]
    backend = Tokenizer(
        models.BPE(vocab=vocabulary, merges=merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True)
    )
    spaces = normalizers.Replace(" ", "▁")
    begins = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if kind == "mistral":
        backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if kind == "llama" else spaces
    backend.decoder = decoders.Sequence(begins + [decoders.Strip(" ", 1, 0)] * (kind != "gemma"))
    return backend


if __name__ == "__main__":
    print(build(sys.argv[1], Path(sys.argv[2])))
