"""How often rented machines are expected to vanish, and what each time costs."""

from luthier.compute.pods.port import Purchase
from luthier.estimate.ranges import Range

AN_HOUR: dict[Purchase, Range] = {"spot": Range(0, 0.1, 0.5), "on_demand": Range(0, 0.005, 0.02)}
"""Machines lost per hour. RunPod publishes no figure and none was measured: assumed, from never to every two hours
for spot, from never to every two days for on-demand (hosts fail, too)."""


def interrupted_s(purchase: Purchase, busy: Range, between_saves: Range, start_again: Range) -> Range:
    """Seconds lost to interruptions of `busy` seconds of work.

    Each loses what was done since the last save, half of the interval on average and all of it at worst, and needs
    another machine. That machines are lost while they make up for it is left out.
    """
    times = AN_HOUR[purchase] * busy * (1 / 3600)
    lost = between_saves * Range(0, 0.5, 1)
    return times * (lost + start_again)
