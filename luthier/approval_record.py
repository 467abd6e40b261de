"""What people said about a run: `approval.json` in its folder. Every word is kept; the last one on a matter counts.

asked: what waits for a person now, or null: {about, usd, lines, at}. form: the suspended flow run in which it can be
answered, or null: {flow_run, key, about, usd}. words: [{about, approved, by, at, note, and key (of data) or cap_usd
and usd (of cost)}]. Times are seconds since 1970; usd is {low, likely, high} of the estimate that was shown, or null.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from luthier.run_folder import RunFolder
from luthier.storage import read_json, write_json

About = Literal["data", "cost"]
Word = dict[str, Any]


def read(run: RunFolder) -> dict[str, Any]:
    """{asked, form, words}."""
    empty: dict[str, Any] = {"asked": None, "form": None, "words": []}
    found = read_json(run.approval) if run.approval.exists() else {}
    if "approved" in found:  # before cost could be approved, the file was one word on the data
        return empty | {"words": [{"note": ""} | found]}
    return empty | found


def last(run: RunFolder, about: About) -> Word | None:
    return next((word for word in reversed(read(run)["words"]) if word["about"] == about), None)


def ask(run: RunFolder, about: About, usd: Any = None, lines: Sequence[str] = ()) -> None:
    """A person has to answer. usd, lines: the estimate that is shown."""
    with _changed(run) as record:
        record["asked"] = {"about": about, "usd": usd, "lines": list(lines), "at": time.time()}


def say(run: RunFolder, word: Word) -> None:
    """A person has answered."""
    with _changed(run) as record:
        record["words"].append(word)
        if record["asked"] and record["asked"]["about"] == word["about"]:
            record["asked"] = None


def show_form(run: RunFolder, form: dict[str, Any] | None) -> None:
    """A flow run waits suspended for an answer; None: none does any more."""
    with _changed(run) as record:
        record["form"] = form


@contextmanager
def _changed(run: RunFolder) -> Iterator[dict[str, Any]]:
    """The record, written after the block; a command and a flow's process may both have something to write."""
    from filelock import FileLock

    with FileLock(run.root / "approval.lock"):
        record = read(run)
        yield record
        write_json(run.approval, record)
