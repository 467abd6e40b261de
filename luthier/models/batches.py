"""Rows of similar length side by side, so that little is padded."""


def by_length(lengths: list[int], budget: int) -> list[list[int]]:
    """Indices in batches of at most `budget` tokens, padding included, longest rows first.

    A row that is longer than the budget stands alone. The same lengths always give the same batches.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
