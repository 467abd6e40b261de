"""An error on its way from the worker to the watcher, through `result.json`."""

from pathlib import Path
from typing import Any

from luthier import errors
from luthier.errors import LuthierError, Problems

Told = dict[str, Any]
"""{type, what, why, fix, where}; of Problems also `problems`, each told in the same way."""


def tell(error: Exception) -> Told:
    """What is written of an error."""
    name = type(error).__name__
    if not isinstance(error, LuthierError):
        return {"type": name, "what": str(error), "why": "", "fix": "", "where": ""}
    told = {"type": name, "what": error.what, "why": error.why, "fix": error.fix, "where": error.where}
    return told | {"problems": [tell(part) for part in error.problems]} if isinstance(error, Problems) else told


def rebuild(told: Told, log: Path) -> LuthierError:
    """The error again, as the class it had; what was no LuthierError names the worker's `log`."""
    kind = getattr(errors, told["type"], None)
    if kind is Problems:
        return Problems(told["what"], [rebuild(part, log) for part in told["problems"]], told["fix"])
    if isinstance(kind, type) and issubclass(kind, LuthierError):
        return kind(told["what"], told["why"], told["fix"], told["where"])
    return LuthierError(f"the worker failed: {told['type']}: {told['what']}", "", f"Its log: {log}")
