"""What a person says of a data file where a look at it does not tell."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.common import say
from flows.cli.questions import at_terminal, choose, printable

if TYPE_CHECKING:
    from luthier.data.look import Look
    from luthier.data.proposal import Changes


def answers_of(data: Path, seen: "Look") -> tuple["Look", "Changes"]:
    """The file as it is understood with the answers, and the values that say so in the spec.

    Raises DataError for a file of which nothing can be learned.
    """
    from luthier.errors import DataError

    if seen.format is not None:
        return seen, _guessed(seen)
    if seen.assistant_candidates:
        return _assistant(data, seen)
    if len(seen.texts) < 2:
        raise DataError(seen.problem.removeprefix(f"{data}: "), "", "", str(data))
    return _columns(data, seen)


def _guessed(seen: "Look") -> "Changes":
    """A guess of the engine is written down, where a person sees and mends it."""
    if not seen.guessed:
        return {}
    say(f"{seen.guessed[:1].upper()}{seen.guessed[1:]}.")
    return {"data.columns": (seen.columns, "a guess by their names: see whether it is right")}


def _assistant(data: Path, seen: "Look") -> tuple["Look", "Changes"]:
    from luthier.data.look import look
    from luthier.data_spec import DataSpec

    who = choose("Whose messages are the answers", seen.assistant_candidates, seen.assistant_candidates[0])
    if not at_terminal():
        say(f"Taken for the assistant: {who}. Change data.assistant if that is wrong.")
    return look(data, DataSpec(path=data, assistant=who)), {"data.assistant": (who, "whose messages are the answers")}


def _columns(data: Path, seen: "Look") -> tuple["Look", "Changes"]:
    """Which column asks and which answers."""
    from luthier.data.columns import pair
    from luthier.data.look import look
    from luthier.data_spec import DataSpec

    texts = [name for name in seen.texts if name not in seen.people]
    texts = texts if len(texts) > 1 else seen.texts
    likely_ask, likely_answer = pair(texts)
    answer = _answer(seen, likely_answer)
    ask = _asked(seen, answer, likely_ask)
    columns = {"prompt": ask, "completion": answer}
    others = [name for name in seen.answers if name != answer]
    if not at_terminal():
        say(f"Guessed: {printable(ask)} is asked, {printable(answer)} is the answer. {_change(ask, answer, others)}")
        if asks := [f'"{printable(name)}"' for name in seen.asks if name not in (ask, answer)]:
            say(f"Could be what is asked too: {', '.join(asks)}.")
    seen = look(data, DataSpec(path=data, columns=columns))
    why = f"; passed over: {', '.join(map(printable, others))}" if others else ""
    return seen, {"data.columns": (columns, f"which column is asked, and which is the answer{why}")}


def _answer(seen: "Look", likely: str) -> str:
    """One of those the engine cannot tell apart; where it sees none, any text."""
    found = sorted(seen.answers, key=lambda name: name in seen.people)
    if len(found) < 2:
        texts = sorted(seen.texts, key=lambda name: name in seen.people)
        sure = [name for name in found if name in texts and name not in seen.people]
        return choose("Which column is the answer", texts, sure[0] if sure else likely)
    default, why = _last_of(found, seen.people)
    listed = ", ".join(f'"{printable(name)}"' for name in found)
    number = "Two" if len(found) == 2 else str(len(found))
    say(f'{number} columns could be the answer: {listed}. The default is "{printable(default)}": {why}.')
    return choose("Which column is the answer", found, default)


def _last_of(found: list[str], people: list[str]) -> tuple[str, str]:
    """The answer that was given in the end, and why it is taken for that."""
    from luthier.data.columns import lateness

    texts = [name for name in found if name not in people] or found
    best = max(map(lateness, texts))
    last = [name for name in texts if lateness(name) == best]
    if len(texts) == 1:
        return texts[0], "the only one that holds more than names"
    return last[-1], "the final one by its name" if len(last) == 1 else "the last of them in the file"


def _asked(seen: "Look", answer: str, likely: str) -> str:
    """Another column than the answer; what looks like an answer, or holds names, is offered last."""
    rest = [name for name in dict.fromkeys([*seen.asks, *seen.texts]) if name != answer]
    rest.sort(key=lambda name: (name in seen.people, name in seen.answers))
    found = [name for name in seen.asks if name != answer]
    default = next((name for name in (likely, *found) if name in (found or rest)), rest[0])
    if not found and default in (*seen.answers, *seen.people):
        default = rest[0]
    if len(rest) == 1:
        return rest[0]
    while True:
        ask = choose("Which column is asked", rest, default)
        if ask not in seen.answers or not at_terminal():
            return ask
        if click.confirm(f"{printable(ask)} looks like an answer. Is it what is asked", default=False, err=True):
            return ask


def _change(ask: str, answer: str, others: list[str]) -> str:
    """How to take another answer."""
    import yaml

    if not others:
        return "Change data.columns if that is wrong."
    passed = ", ".join(f'"{printable(name)}"' for name in others)
    columns = {"prompt": ask, "completion": others[0]}
    line = yaml.safe_dump(
        {"columns": columns}, default_flow_style=None, allow_unicode=True, sort_keys=False, width=float("inf")
    )
    return f"Passed over: {passed}. To change it, write under data: in the spec:\n  {line.strip()}"
