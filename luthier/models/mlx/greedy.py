"""Greedy answers, several prompts at a time."""

from collections.abc import Iterator
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.cache import BatchKVCache, BatchRotatingKVCache, make_prompt_cache

PADDED = (BatchKVCache, BatchRotatingKVCache)
"""Memories that know of padding; others, of recurrent layers, would remember it as text."""

READ_AT_ONCE = 512
"""Tokens of each prompt that go through the model at once."""


def takes_batches(model: nn.Module) -> bool:
    """Whether prompts of different lengths can stand side by side; tried, as mlx-lm has masks that fit one row only."""
    caches = _caches(model, 2)
    if not all(isinstance(cache, PADDED) for cache in caches):
        return False
    for cache in caches:
        cache.prepare(left_padding=[0, 2])
    try:
        together = model(mx.array([[1, 2, 3], [0, 0, 1]]), cache=caches)[1, -1]
    except ValueError:
        return False
    return bool(mx.allclose(together, model(mx.array([[1]]))[0, -1], rtol=0.01, atol=0.01))


def greedy(model: nn.Module, prompts: list[list[int]], stops: list[int], most: int) -> Iterator[tuple[int, list[int]]]:
    """(row, ids) as soon as a row wrote a stop token or `most` tokens; ids without prompt and stop token."""
    width, rows = max(map(len, prompts)), list(range(len(prompts)))
    padding = [width - len(prompt) for prompt in prompts]
    caches = _caches(model, len(prompts))
    for cache in caches:
        cache.prepare(left_padding=padding)
    unread = mx.array([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    written: dict[int, list[int]] = {row: [] for row in rows}
    while written:
        unread = _next(model, unread, caches)
        tokens: Any = unread[:, 0].tolist()
        for row, token in zip(rows, tokens, strict=True):
            written[row].append(token)
            if token in stops or len(written[row]) == most:
                yield row, [each for each in written.pop(row) if each not in stops]
        if written and len(written) < len(rows):
            unread, rows = _keep(unread, rows, caches, written)


def answers(model: nn.Module, prompts: list[list[int]], stops: list[int], most: int) -> list[list[int]]:
    """The greedy answers to a few prompts."""
    if takes_batches(model):
        found = dict(greedy(model, prompts, stops, most))
        return [found[row] for row in range(len(prompts))]
    return [next(greedy(model, [prompt], stops, most))[1] for prompt in prompts]


def _caches(model: nn.Module, rows: int) -> list[Any]:
    return [type(cache).merge([cache] * rows) for cache in make_prompt_cache(model)]


def _next(model: nn.Module, unread: mx.array, caches: list[Any]) -> mx.array:
    """(rows, 1) the most likely next token of each row; a long prompt is read piece by piece."""
    while unread.shape[1] > READ_AT_ONCE:
        model(unread[:, :READ_AT_ONCE], cache=caches)
        mx.eval([cache.state for cache in caches])
        unread = unread[:, READ_AT_ONCE:]
    token = mx.argmax(model(unread, cache=caches)[:, -1:], axis=-1)
    mx.eval(token)
    return token


def _keep(
    unread: mx.array, rows: list[int], caches: list[Any], wanted: dict[int, list[int]]
) -> tuple[mx.array, list[int]]:
    """Drop the rows that have ended."""
    places = mx.array([place for place, row in enumerate(rows) if row in wanted])
    for cache in caches:
        cache.filter(places)
    return unread[places], list(wanted)
