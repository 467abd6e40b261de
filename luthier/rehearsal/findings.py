"""All that a rehearsal has found: the contract of `luthier rehearse --json`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from luthier.compute.orders import Remote
from luthier.rehearsal.cloud import Cloud
from luthier.rehearsal.compare import Check, double_writers, little_lost, same_results
from luthier.rehearsal.outcome import outcomes
from luthier.rehearsal.scale import CHECKPOINT_EVERY, MAX_USD
from luthier.rehearsal.striker import Striker
from luthier.run_folder import RunFolder
from luthier.storage import read_json

FINISHED = (0, 3, 4)
"""How `luthier run` ends when there is a report; a tiny random model need not improve."""


@dataclass(frozen=True)
class Ended:
    """Both runs when they are over. codes: the exit code of the interrupted one, then of the straight one."""

    straight: RunFolder
    interrupted: RunFolder
    remote: Remote
    cloud: Cloud
    striker: Striker
    codes: list[int]


def findings(ended: Ended) -> dict[str, Any]:
    """{held, checks, straight_home, interrupted_home, interruptions, pods_left, double_writers, bill, quote}."""
    cloud, bill = ended.cloud, ended.cloud.bill()
    double = double_writers(ended.remote.bucket, ended.remote.run_id) + len(cloud.overlaps("luthier-"))
    told, left = outcomes(ended.striker.hits, ended.interrupted), len(cloud.running_pods())
    planned = len(ended.striker.strikes)
    quote = _quoted(ended.interrupted, planned)
    checks = [
        *_results(ended),
        Check("interruptions", len(told) == planned, f"{len(told)} of {planned} came to pass"),
        little_lost(told, CHECKPOINT_EVERY),
        Check("pods left", left == 0, str(left)),
        Check("attempts that wrote when they must not", double == 0, str(double)),
        Check("bill within the quote", bill["total"] <= quote, f"${bill['total']:.4f} of ${quote:.4f}"),
        Check("bill within budget.max_usd", bill["total"] <= MAX_USD, f"${bill['total']:.4f} of ${MAX_USD:.2f}"),
    ]
    return {
        "held": all(check.held for check in checks),
        "checks": [check._asdict() for check in checks],
        "straight_home": _home(ended.straight),
        "interrupted_home": _home(ended.interrupted),
        "interruptions": told,
        "pods_left": left,
        "double_writers": double,
        "bill": bill["total"],
        "quote": quote,
    }


def _results(ended: Ended) -> list[Check]:
    runs = (ended.interrupted, ended.straight)
    both = all(code in FINISHED for code in ended.codes)
    words = [_last_words(run) for run, code in zip(runs, ended.codes, strict=True) if code not in FINISHED]
    told = ". ".join([f"exit codes {ended.codes}", *words])
    return [
        Check("both runs ended well, without a person", both, told),
        *(same_results(ended.straight, ended.interrupted) if both else []),
    ]


def _quoted(run: RunFolder, planned: int) -> float:
    """The high end of the estimate that was made before anything was rented; once more for each planned interruption,
    as it foresaw none of them. 0 where it did not come to an estimate."""
    usd = read_json(run.estimate)["usd"] if run.estimate.exists() else None
    return usd["high"] * (1 + planned) if usd else 0.0


def _last_words(run: RunFolder) -> str:
    """What a command that gave up said last."""
    lines = Path(f"{_home(run)}.log").read_text().splitlines()
    return next((line for line in reversed(lines) if line.startswith("luthier:")), "It said nothing.")


def _home(run: RunFolder) -> str:
    return str(run.root.parent.parent)
