"""Attention within the segments of a packed micro-batch; nothing is computed between examples.

Registered with transformers under its name, so that every model that asks for its attention by name can
use it. Without a layout it is transformers' own scaled dot product attention.
"""

from typing import Any, cast

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from luthier.training.layout import Layout

SEGMENTS = "segments"
OWN: Any = None
"""Names that transformers knows our attention by, and its own choice: sdpa, or eager where scores are capped."""

NOT_DONE = ("softcap", "position_bias", "s_aux")
"""What some families ask of their attention, and scaled dot product attention has no place for."""

SHORT = 384
"""Tokens up to which the CPU's float32 kernel beats its bfloat16 one (3× at 50, equal near 400; backward counts)."""


def segment_attention(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
    attention_mask: torch.Tensor | None, layout: Layout | None = None, **given: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    """query: (1, heads, tokens, size), key and value: (1, key heads, tokens, size); gives (1, tokens, heads, size)."""
    if any(given.get(key) is not None for key in NOT_DONE):
        raise ValueError(f"attention with {' or '.join(NOT_DONE)} is not done here")
    if layout is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **given)
    dtype, groups = query.dtype, query.shape[1] // key.shape[1]
    if query.device.type == "cpu" and layout.longest <= SHORT:
        query, key, value = query.float(), key.float(), value.float()
    else:
        query, key = query.to(value.dtype), key.to(value.dtype)  # float32 weights leave rotated ones unrounded
    if query.is_cuda and query.dtype == torch.bfloat16 and not layout.shared:
        return _variable_length(query, key, value, layout, given), None
    parts = [x.split(layout.lengths, dim=2) for x in (query, repeat_kv(key, groups), repeat_kv(value, groups))]
    with torch.autocast(query.device.type, enabled=False):  # it would round back to bfloat16
        output = [_attend(number, parts, layout, given) for number in range(len(layout.lengths))]
    return torch.cat(output, dim=2).to(dtype).transpose(1, 2), None


def _variable_length(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, layout: Layout, given: dict[str, Any]
) -> torch.Tensor:
    """FlashAttention as torch carries it: one kernel for all segments."""
    from torch.nn.attention.varlen import varlen_attn

    ends, longest = layout.ends(query.device), max(layout.lengths)
    window = given.get("sliding_window")
    q, k, v = (x[0].transpose(0, 1) for x in (query, key, value))
    back = -1 if window is None else window - 1  # the own token is not counted here
    scale = given.get("scaling")
    output = varlen_attn(q, k, v, ends, ends, longest, longest, scale=scale, window_size=(back, 0), enable_gqa=True)
    return cast(torch.Tensor, output)[None]


def _attend(number: int, parts: list[tuple[torch.Tensor, ...]], layout: Layout, given: dict[str, Any]) -> torch.Tensor:
    queries, keys, values = parts
    seen = [*layout.parents[number], number]
    query = queries[number]
    mask = layout.mask(number, given.get("sliding_window"), query)
    return scaled_dot_product_attention(
        query,
        torch.cat([keys[part] for part in seen], dim=2),
        torch.cat([values[part] for part in seen], dim=2),
        attn_mask=mask,
        dropout_p=given.get("dropout", 0.0),
        is_causal=mask is None,
        scale=given.get("scaling"),
    )


AttentionInterface.register(SEGMENTS, segment_attention)
AttentionMaskInterface.register(SEGMENTS, sdpa_mask)
