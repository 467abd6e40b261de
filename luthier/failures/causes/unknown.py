"""What nobody has seen the reason of."""

from luthier.failures.cause import Cause

GONE = Cause(
    name="process_gone",
    title="The process of the run is gone",
    why="It was ended from outside (kill -9, a reboot, a lost machine) and could not say why.",
    fix="Nothing has to be mended; what was finished stays.",
    fits=lambda seen: not seen.type,
)

CANCELLED = Cause(
    name="cancelled",
    title="A person stopped the run",
    why="Somebody cancelled it, or said no when it asked.",
    fix="Nothing has to be mended; what was finished stays.",
    fits=lambda seen: seen.type == "Cancelled",
)

UNKNOWN = Cause(
    name="unknown",
    title="Unknown cause",
    why="None of the known causes fits.",
    fix="Read the last lines of the log below and the whole of it in the attempt's folder; what they name is the place "
    "to begin. If it looks like a fault of Luthier, please report it with those lines.",
    fits=lambda _seen: True,
)
