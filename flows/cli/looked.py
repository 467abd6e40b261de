"""What a person says of a data file where a look at it does not tell."""

from pathlib import Path
from typing import TYPE_CHECKING

from flows.cli.common import say
from flows.cli.questions import at_terminal, choose

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
    from luthier.spec import DataSpec

    who = choose("Whose messages are the answers", seen.assistant_candidates, seen.assistant_candidates[0])
    if not at_terminal():
        say(f"Taken for the assistant: {who}. Change data.assistant if that is wrong.")
    return look(data, DataSpec(path=data, assistant=who)), {"data.assistant": (who, "whose messages are the answers")}


def _columns(data: Path, seen: "Look") -> tuple["Look", "Changes"]:
    """Which column asks and which answers."""
    from luthier.data.columns import pair
    from luthier.data.look import look
    from luthier.spec import DataSpec

    ask, answer = pair(seen.texts)
    answer = choose("Which column is the answer", seen.texts, answer)
    rest = [name for name in seen.texts if name != answer]
    ask = choose("Which column is asked", rest, ask if ask in rest else rest[0]) if len(rest) > 1 else rest[0]
    if not at_terminal():
        say(f"Guessed: {ask} is asked, {answer} is the answer. Change data.columns if that is wrong.")
    columns = {"prompt": ask, "completion": answer}
    seen = look(data, DataSpec(path=data, columns=columns))
    return seen, {"data.columns": (columns, "which column is asked, and which is the answer")}
