"""What a complete run proved, in a few lines, and the report's first page for mail."""

from typing import NamedTuple

from luthier.notify.html import templates
from luthier.reporting import words
from luthier.reporting.numbers import metric_name
from luthier.run_folder import RunFolder
from luthier.storage import read_json

COLORS = {"improved": ("#1a7f37", "#ecfdf3"), "not_shown": ("#92600a", "#fffaeb"), "worse": ("#b42318", "#fef3f2")}
"""Of a verdict's word, and of what lies behind it."""


class Verdict(NamedTuple):
    """word: Improved, Not shown or Worse; sentence: why; figures: the numbers that matter."""

    word: str
    sentence: str
    figures: list[tuple[str, str]]
    summary: str


def verdict(run: RunFolder) -> Verdict | None:
    """None while there is no report. `summary` is the report's first page as HTML for mail, without the chart: mail
    programs draw no SVG, and a picture would have to be fetched or attached.
    """
    if not (run.report / "report.json").exists():
        return None
    report = read_json(run.report / "report.json")
    told = report["verdict"]
    numbers = [(figure.label, f"{figure.value} ({figure.detail})") for figure in words.figures(report)]
    color, tint = COLORS[told["label"]]
    page = templates().get_template("summary.html")
    summary = page.render(r=report, words=words, metric_name=metric_name, color=color, tint=tint)
    return Verdict(words.HEADLINES[told["label"]], told["reason"], numbers, summary)
