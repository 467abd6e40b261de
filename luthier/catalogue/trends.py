"""How the runs of a home went, week by week or month by month."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from luthier.catalogue.row import Row
from luthier.catalogue.tally import Tally, counted, tally

Period = Literal["week", "month"]


def trends(rows: Iterable[Row], by: Period) -> list[Tally]:
    """One a period in which a run was created, the oldest first; named 2026-W48 (ISO 8601) or 2026-11, local time."""
    periods: dict[str, list[Row]] = defaultdict(list)
    for row in counted(rows):
        periods[_name(row.created.astimezone(), by)].append(row)
    return [tally(name, periods[name]) for name in sorted(periods)]


def _name(when: datetime, by: Period) -> str:
    return when.strftime("%G-W%V" if by == "week" else "%Y-%m")
