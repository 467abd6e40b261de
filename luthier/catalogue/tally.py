"""What a group of runs has come to: how many ended well, what they gained, what they cost."""

from collections.abc import Iterable
from statistics import median

from pydantic import BaseModel

from luthier.catalogue.row import Row

ENOUGH = 5
"""With fewer runs a share says next to nothing: of 4 out of 4, the 95 % interval still begins at 51 %."""


class Share(BaseModel):
    """`count` of `of`, with the Wilson interval (95 %); no share of nothing."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class Tally(BaseModel):
    """Of started runs that are no samples.

    completed: of those that have ended; improved: of those that completed. change: of the primary metric, tuned - base.
    per_usd, per_hour: the median change by the median dollars or hours; per_usd None where nothing was paid.
    """

    name: str
    runs: int
    under_way: int
    completed: Share
    improved: Share
    median_change: float | None
    usd: float
    median_usd: float | None
    hours: float
    median_hours: float | None
    per_usd: float | None
    per_hour: float | None

    @property
    def enough(self) -> bool:
        return self.improved.of >= ENOUGH


def share(count: int, of: int) -> Share:
    """Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference; by scipy."""
    if of == 0:
        return Share(count=0, of=0, share=None, low=None, high=None)
    from scipy.stats import binomtest

    interval = binomtest(count, of).proportion_ci(0.95, method="wilson")
    return Share(count=count, of=of, share=count / of, low=interval.low, high=interval.high)


def counted(rows: Iterable[Row]) -> list[Row]:
    """The runs that statistics speak of."""
    return [row for row in rows if row.started and not row.sample and row.status != "unreadable"]


def tally(name: str, rows: list[Row]) -> Tally:
    """`rows`: of one group, as `counted` gives them."""
    done = [row for row in rows if row.status == "completed"]
    under_way = sum(row.status in ("running", "waiting") for row in rows)
    change = _median(row.change for row in done)
    usd, hours = _median(row.usd for row in done), _median(_hours(row) for row in done)
    return Tally(
        name=name,
        runs=len(rows),
        under_way=under_way,
        completed=share(len(done), len(rows) - under_way),
        improved=share(sum(row.verdict == "improved" for row in done), len(done)),
        median_change=change,
        usd=sum(row.usd or 0.0 for row in rows),
        median_usd=usd,
        hours=sum(_hours(row) or 0.0 for row in rows),
        median_hours=hours,
        per_usd=_by(change, usd),
        per_hour=_by(change, hours),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _hours(row: Row) -> float | None:
    return None if row.seconds is None else row.seconds / 3600


def _by(change: float | None, spent: float | None) -> float | None:
    return change / spent if change is not None and spent else None
