"""Rows of similar length side by side, so that little is padded."""

import torch


def by_length(lengths: list[int], budget: int) -> list[list[int]]:
    """Indices in batches of at most `budget` tokens, padding included, longest rows first.

    A row that is longer than the budget stands alone. The same lengths always give the same batches, so that a resumed
    stage ends in the same numbers.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def left_padded(rows: list[list[int]], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, both (rows, longest); answers end together at the right, where the next token is made."""
    longest = max(map(len, rows))
    ids = [[pad] * (longest - len(row)) + row for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
