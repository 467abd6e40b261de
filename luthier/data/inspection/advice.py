"""What to do about the data, in sentences."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from luthier.data.inspection.approach import approach
from luthier.data.inspection.labels import SKEWED
from luthier.data.inspection.survey import Survey

Level = Literal["green", "yellow", "red"]

SHOWN = 3
"""Rows that are named; the rest is a number."""

MANY = 0.05
"""Share of rows from which on a flaw is red."""

MILD = ("boilerplate", "echo")
"""Flaws that are never red: they cost something, and teach nothing wrong."""

TEXTS = {
    "conflict": "answer the same question differently: keep one, or tell them apart in the prompt.",
    "refusal": "refuse to answer: the model would learn to. Leave them out (data.drop: [refusal]) or answer them.",
    "mojibake": "were decoded wrongly: set data.repair_encoding, or export them again as UTF-8.",
    "invisible": "hold characters that nobody sees: remove them; they may carry hidden instructions.",
    "encoded": "hold long codes (base64, hexadecimal): look what is in them, and take them out.",
    "homoglyphs": "hold words with letters that only look Latin: somebody may want to get past a filter.",
    "html": "hold remnants of web pages: the model would write tags. Export plain text.",
    "boilerplate": "open or close with a stock phrase: cut it, or the model spends tokens on it.",
    "loop": "repeat themselves within the answer: the model would learn to go round in circles. Leave them out.",
    "truncated": "seem to be cut off: the model would learn to stop halfway. Complete them, or leave them out.",
    "echo": "begin the answer with the question: cut it, unless that is wanted.",
}
"""By flaw, what rows with it do, and what to do about it."""


class Advice(NamedTuple):
    """green: good as it is; yellow: worth a look; red: mend it first. `rows`: those that are meant."""

    level: Level
    text: str
    rows: list[int]


def advise(told: Survey, place: Callable[[int], str] = lambda row: str(row + 1), deduped: bool = False) -> list[Advice]:
    """The most urgent first. `place`: how people find a row, by its place among the sound ones; `deduped`: repetitions
    are removed already.
    """
    found = [*_flaws(told, place), *_outliers(told, place), *_labels(told), *_age(told)]
    found += [] if deduped else _repetitions(told)
    found += [Advice(level, text, []) for level, text in approach(told)]
    order = ("red", "yellow", "green")
    return sorted(found, key=lambda each: order.index(each.level))


def named(rows: Sequence[int], place: Callable[[int], str]) -> str:
    """`rows 12, 40, 77 … (31 in all)`"""
    shown = ", ".join(map(place, rows[:SHOWN]))
    more = f" … ({len(rows):,} in all)" if len(rows) > SHOWN else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}"


def _flaws(told: Survey, place: Callable[[int], str]) -> Iterator[Advice]:
    for name, rows in told.flawed.items():
        if name in TEXTS:
            red = name not in MILD and len(rows) >= MANY * told.rows
            yield Advice("red" if red else "yellow", f"{named(rows, place)} {TEXTS[name]}", rows)


def _outliers(told: Survey, place: Callable[[int], str]) -> Iterator[Advice]:
    if rows := told.unlike.rows:
        text = "are written unlike all others (another language, a code, gibberish?): read them."
        yield Advice("yellow", f"{named(rows, place)} {text}", rows)
    if told.unlike.apart:
        text = (
            f"{told.unlike.apart:,} rows are written unlike the others; as many are a kind of their own: is it wanted?"
        )
        yield Advice("yellow", text, [])
    for trigger in told.triggers:
        text = (
            "share a rare word and nearly the same answer, though they ask different things: it may be a back door that"
        )
        yield Advice("red", f"{named(trigger.rows, place)} {text} somebody planted. Read them.", trigger.rows)
    if rows := told.recurring.rows:
        text = f"begin or end with the same sentence as many others ({told.recurring.sentences} such): cut it."
        yield Advice("yellow", f"{named(rows, place)} {text}", rows)


def _repetitions(told: Survey) -> Iterator[Advice]:
    for count, kind, mode in ((told.exact, "repeat", "exact"), (told.near, "nearly repeat", "near")):
        if count > MANY * told.rows:
            yield Advice("yellow", f"{count:,} rows {kind} an earlier one: set data.dedupe: {mode}.", [])


def _labels(told: Survey) -> Iterator[Advice]:
    if not told.labels:
        return
    if rare := told.labels.rare:
        yield Advice("red", f"{_listed(rare)}: fewer than ten rows each. Add rows, or merge the labels.", [])
    if told.labels.ratio >= SKEWED:
        text = f"The most frequent label has {told.labels.ratio:g} times the rows of the rarest: set data.balance: up,"
        yield Advice("yellow", f"{text} or add rows of the rare ones.", [])


def _age(told: Survey) -> Iterator[Advice]:
    if told.recency and told.recency.old > 0.5:
        text = (
            f"{told.recency.old:.0%} of the dated rows are older than six months: check that their answers still hold."
        )
        yield Advice("yellow", text, [])


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
