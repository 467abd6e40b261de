"""An event in words: one line, told by its kind."""

from collections.abc import Callable
from typing import Any

from flows.cli.tables import plain
from flows.cli.times import lasted, local
from luthier.events import Event

QUIET = frozenset({"metrics", "progress"})
"""Kinds that come every few seconds; people are shown them only when they ask."""

LONGEST = 300
"""Characters of a line, so that a long answer of the model does not fill the screen."""


def line(event: Event) -> str:
    """Local time, the attempt where there is one, and what happened. Of a kind that is not known: all its fields."""
    words = WORDS.get(event["kind"], _fields)
    try:
        said = words(event)
    except (KeyError, TypeError, ValueError):  # of another version
        said = _fields(event)
    attempt = f"[{event['attempt']}] " if "attempt" in event else ""
    said = plain(f"{attempt}{said}")
    return f"{local(event['time'], seconds=True)}  {said if len(said) <= LONGEST else f'{said[:LONGEST]}…'}"


def _fields(event: Event) -> str:
    told = (f"{name}={value}" for name, value in event.items() if name not in ("time", "kind", "attempt", "during"))
    return f"{event['kind']}: {' '.join(told)}"


def _started(event: Event) -> str:
    how = {"terminal": "in a terminal", "prefect": "through Prefect", "schedule": "by its schedule"}
    return f"started by {event['by']} {how.get(event['how'], event['how'])}"


def _ended(event: Event) -> str:
    return f"stands still: {event['state']}{f'. {why}' if (why := event.get('why')) else ''}"


def _stage(event: Event) -> str:
    took = f" after {lasted(event['seconds'])}" if event.get("seconds") is not None else ""
    return f"{event['stage']} {event['state']}{took}"


def _interrupted(event: Event) -> str:
    step = "" if event["step"] is None else f" at step {event['step']}"
    return f"interrupted: the {event['stage']} worker is gone{step}. {event['cause']}"


def _progress(event: Event) -> str:
    return f"{event['done']} of {event['total']} {event.get('unit', '')} {event.get('text', '')}".rstrip()


def _metrics(event: Event) -> str:
    figures = {name: value for name, value in event.items() if isinstance(value, float) and name != "time"}
    return f"step {event['step']}: " + ", ".join(f"{name.replace('_', ' ')} {figures[name]:.4g}" for name in figures)


def _sample(event: Event) -> str:
    return f"step {event['step']}, asked {event['prompt']!r}, answered {event['output']!r}"


def _checkpoint(event: Event) -> str:
    loss = event.get("validation_loss")
    return f"checkpoint at step {event['step']}{'' if loss is None else f', validation loss {loss:.4g}'}"


WORDS: dict[str, Callable[[Event], Any]] = {
    "started": _started,
    "ended": _ended,
    "stage": _stage,
    "interrupted": _interrupted,
    "phase": lambda event: str(event["name"]),
    "progress": _progress,
    "metrics": _metrics,
    "sample": _sample,
    "checkpoint": _checkpoint,
    "resumed": lambda event: f"goes on from the checkpoint of step {event['step']}",
    "passed_over": lambda event: f"passed over a checkpoint: {event['path']}, {event['reason']}",
    "early_stop": lambda event: f"stopped early at step {event['step']}; the best was step {event['best_step']}",
    "warning": lambda event: f"warning: {event['text']}",
    "pieces": lambda event: str(event["text"]),
    "paused": lambda event: f"paused: {event['reason']}",
    "continued": lambda event: f"goes on after {lasted(event['seconds'])}",
    "pod": lambda event: f"pod: {event['text']}",
}
