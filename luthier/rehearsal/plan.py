"""Which pod is taken away when and how: drawn from a seed, so that a rehearsal can be repeated."""

import random
from dataclasses import dataclass
from typing import Literal, get_args

from luthier.rehearsal.phases import ORDER, PHASES, Phase

How = Literal["outbid with notice", "outbid", "outbid and terminated", "host vanishes"]

VANISHES: How = "host vanishes"

WITHIN_S: dict[Phase, float] = {"provisioning": 0.1, "setup": 3.0}
"""About how long these last on the simulated cloud."""

NOTICE_S = 5.0
"""What RunPod's documents promised for spot pods, while they still spoke of them."""


@dataclass(frozen=True)
class Strike:
    """after: how far the work must have come, in answers or steps; delay_s: seconds more."""

    phase: Phase
    how: How
    after: int
    delay_s: float


def plan(interruptions: int, seed: int) -> list[Strike]:
    """As many strikes, in an order in which one run can meet them all; every phase gets its turn over the seeds.

    A host vanishes once a stage, and once while a pod is set up: a run gives up, and rightly so, when three workers
    in a row die at the same point and nobody has taken their pods back.
    """
    dice = random.Random(seed)
    phases = [PHASES[(seed * interruptions + number) % len(PHASES)] for number in range(interruptions)]
    strikes: list[Strike] = []
    for phase in _in_order(phases, dice):
        vanished = {stage_of(strike.phase) for strike in strikes if strike.how == VANISHES}
        strikes.append(_strike(phase, dice, may_vanish=stage_of(phase) not in vanished))
    return strikes


def stage_of(phase: Phase) -> int:
    return ORDER.get(phase, 0)


def _in_order(phases: list[Phase], dice: random.Random) -> list[Phase]:
    """Stages as they come; what happens when a pod begins is put anywhere, for a new one follows each strike."""
    dice.shuffle(phases)
    ordered = sorted((phase for phase in phases if phase in ORDER), key=stage_of)
    for phase in (phase for phase in phases if phase not in ORDER):
        ordered.insert(dice.randint(0, len(ordered)), phase)
    return ordered


def _strike(phase: Phase, dice: random.Random, may_vanish: bool) -> Strike:
    how: How = dice.choice([how for how in get_args(How) if may_vanish or how != VANISHES])
    after = dice.randint(1, 5) if phase in ("baseline", "training", "evaluating") else 0
    return Strike(phase, how, after, dice.uniform(0, WITHIN_S.get(phase, 0.0)))
