"""What inspection sees in the whole set, in the words of validation.json."""

import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from luthier.data.inspection.advice import advise
from luthier.data.inspection.sizes import NAMES, SIZES
from luthier.data.inspection.survey import Survey as Seen
from luthier.data.inspection.survey import survey as inspect_all
from luthier.data.intake import Intake
from luthier.data.personal.protect import hidden
from luthier.data.standing import Standing
from luthier.data.store import RowStore
from luthier.spec import RunSpec

LANGUAGES, LABELS = 10, 30
"""So many of each are told, the most frequent first."""


class Survey(NamedTuple):
    """`flawed`: by flaw, the rows that have it, by their numbers in the store; `told`: fields of `Findings`."""

    flawed: dict[str, set[int]]
    told: dict[str, Any]


def survey(spec: RunSpec, store: RowStore, standing: Standing, intake: Intake) -> Survey:
    assert standing.found is not None
    sound = standing.sound
    flaws, times = store.column("flaws"), store.column("time")
    seen = inspect_all(
        store.messages,
        standing.found,
        time.time(),
        times=[times[row] for row in sound],
        flaws=[flaws[row].split(",") if flaws[row] else () for row in sound],
        layout=intake.sources[0]["format"],
        task=spec.data.task,
        faulty=len(intake.faults),
    )
    flawed = {name: {int(sound[at]) for at in members} for name, members in seen.flawed.items()}
    found = [
        {"level": each.level, "text": hidden(each.text), "rows": len(each.rows)}
        for each in advise(seen, lambda at: standing.place(int(sound[at])), spec.data.dedupe != "off")
    ]
    return Survey(flawed, _told(seen) | {"advice": found})


def _told(seen: Seen) -> dict[str, Any]:
    size = SIZES[seen.task]
    told: dict[str, Any] = {
        "task": {
            "guess": NAMES[seen.task],
            "guessed": seen.task_guessed,
            "rows": seen.rows,
            "minimum": size.minimum,
            "good": size.good,
        },
        "languages": {
            "sampled": seen.languages.sampled,
            "languages": [
                {"language": name, "rows": rows, "share": rows / seen.languages.sampled}
                for name, rows in list(seen.languages.rows.items())[:LANGUAGES]
            ],
        },
        "flaws": {name: len(members) for name, members in seen.flawed.items()},
    }
    if seen.labels:
        ordered = sorted(seen.labels.counts.items(), key=lambda each: -each[1])[:LABELS]
        told["labels"] = [{"label": hidden(name), "rows": rows, "share": rows / seen.rows} for name, rows in ordered]
    if seen.recency:
        day = {name: _day(getattr(seen.recency, name)) for name in ("oldest", "newest")}
        told["recency"] = day | {"old_share": seen.recency.old, "dated": seen.recency.dated}
    if seen.quality:
        parts = {name: part._asdict() for name, part in seen.quality.parts.items()}
        told["quality"] = {"score": seen.quality.score, "parts": parts}
    return told


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
