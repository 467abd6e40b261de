"""What the rehearsals of a drill came to, as a table."""

import statistics
from collections import Counter
from typing import Any, NamedTuple, get_args

from luthier.rehearsal.phases import PHASES
from luthier.rehearsal.plan import How

HOWS: tuple[str, ...] = get_args(How)


class Done(NamedTuple):
    """One rehearsal: its seed, its storage, how long it took, what `findings` found."""

    seed: int
    storage: str
    seconds: float
    found: dict[str, Any]


def table(done: list[Done], made_at: str) -> str:
    """Interruptions by what they really hit and how, what they cost, and what held; Markdown."""
    hits = [hit for one in done for hit in one.found["interruptions"]]
    lines = [
        f"| really hit | {' | '.join(HOWS)} | all | steps lost: mean, most | s to new progress: median, most |",
        "|---|" + "---:|" * (len(HOWS) + 3),
        *(_row(phase, [hit for hit in hits if hit["phase"] == phase]) for phase in PHASES),
        _row("all", hits),
    ]
    return "\n".join(lines) + "\n\n" + _summary(done, hits, made_at)


def _row(name: str, hits: list[dict[str, Any]]) -> str:
    counts = Counter(hit["how"] for hit in hits)
    lost = [hit["lost_steps"] for hit in hits if hit["lost_steps"] is not None]
    waited = [hit["resumed_after_s"] for hit in hits if hit["resumed_after_s"] is not None]
    cells = [
        name,
        *(str(counts[how]) for how in HOWS),
        str(len(hits)),
        f"{statistics.mean(lost):.1f}, {max(lost)}" if lost else "",
        f"{statistics.median(waited):.1f}, {max(waited):.1f}" if waited else "",
    ]
    return f"| {' | '.join(cells)} |"


def _summary(done: list[Done], hits: list[dict[str, Any]], made_at: str) -> str:
    found = [one.found for one in done]
    held, kinds = sum(one["held"] for one in found), Counter(one.storage for one in done)
    bill, quote = (sum(one[name] for one in found) for name in ("bill", "quote"))
    return (
        f"{held} of {len(done)} rehearsals held ({', '.join(f'{count} on {kind}' for kind, count in kinds.items())}), "
        f"with {len(hits)} interruptions; {sum(one['pods_left'] for one in found)} pods left, "
        f"{sum(one['double_writers'] for one in found)} double writers; billed ${bill:.4f} of ${quote:.4f} quoted; "
        f"{sum(one.seconds for one in done) / 60:.0f} minutes, {made_at}."
    )
