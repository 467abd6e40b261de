"""What a person reads above the form that asks for approval, as Markdown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from luthier.approval import why_asked
from luthier.approval_record import last
from luthier.run import Run
from luthier.storage import read_json


def described(run: Run, asked: dict[str, Any], waits_days: int) -> str:
    """The question, what speaks for an answer, and until when it can be answered."""
    until = datetime.now(UTC) + timedelta(days=waits_days)
    told = _data(run) if asked["about"] == "data" else _cost(run, asked)
    end = f"Without an answer until {until:%Y-%m-%d %H:%M} UTC this flow run ends as Failed. Nothing is lost then."
    return "\n\n".join([*told, f"Or in a terminal: `luthier approve {run.folder.run_id}`. {end}"])


def _data(run: Run) -> Iterator[str]:
    """Numbers only: what rows say is for the page, which masks it."""
    found = read_json(run.folder.validation)
    counts = {name: found[name] for name in ("read", "accepted", "quarantined")} | found["splits"]
    yield f"### Are the data of `{run.folder.run_id}` fit to train on?"
    yield f"Data page: `{run.folder.page}`"
    rows = (counts, ["---"] * len(counts), map(str, counts.values()))
    yield "\n".join(f"| {' | '.join(row)} |" for row in rows)
    if warnings := len(found["warnings"]):
        yield f"{warnings} {'thing' if warnings == 1 else 'things'} to look at, on the data page."


def _cost(run: Run, asked: dict[str, Any]) -> Iterator[str]:
    yield f"### May `{run.folder.run_id}` cost so much?"
    yield f"{why_asked(asked['usd'], run.spec.budget, last(run.folder, 'cost'))}."
    if asked["lines"]:
        yield "\n".join(["```", *asked["lines"], "```"])
