"""How old the rows are."""

from collections.abc import Iterable
from typing import NamedTuple

DAY = 86_400
OLD = 183 * DAY
"""Six months, in seconds."""


class Recency(NamedTuple):
    """`newest`, `oldest`, in seconds since 1970; `old`: share of the dated rows that are older than six months."""

    dated: int
    newest: float
    oldest: float
    old: float


def recency(times: Iterable[float | None], now: float) -> Recency | None:
    """None where no row has a time. `now`: seconds since 1970; later times count as new."""
    import numpy as np

    dated = np.fromiter((time for time in times if time is not None), float)
    if not len(dated):
        return None
    old = float((dated < now - OLD).mean())
    return Recency(len(dated), float(dated.max()), float(dated.min()), round(old, 4))
