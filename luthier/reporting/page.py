"""The page: one self-contained HTML file, from report.json's content and the curves."""

import base64
import csv
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from luthier.reporting import numbers, words
from luthier.reporting.charts import ACCENT
from luthier.reporting.differences import marked, visible
from luthier.reporting.figures import Figures
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import read_jsonl

FONTS = {weight: f"source-sans-3-{weight}.woff" for weight in (400, 600)}
"""WOFF 1, as the PDF engine reads no WOFF 2; its default figures are all of one width."""


NOT_SHOWN = {"name", "project", "notes", "report", "notify", "budget"}
"""Of the spec: said elsewhere on the page, or between whoever pays and whoever works."""


def render(run: RunFolder, spec: RunSpec, report: dict[str, Any]) -> str:
    """HTML without any outside reference. Text from data and model is escaped by the template engine."""
    accent = spec.report.brand.color or ACCENT
    return (
        _environment()
        .get_template("report.html")
        .render(
            r=report,
            brand=spec.report.brand.name or "Luthier",
            accent=accent,
            fonts={weight: _font(name) for weight, name in FONTS.items()},
            charts=Figures(report, _curve_rows(run), accent),
            samples=_samples(run),
            settings=_flat(spec.model_dump(mode="json", exclude=NOT_SHOWN)),
            words=words,
        )
    )


def prompt_text(prompt: str | list[dict[str, str]]) -> str:
    """A prompt as one text; of a conversation with one turn only what the user said."""
    if isinstance(prompt, str):
        return visible(prompt)
    if len(prompt) == 1:
        return visible(prompt[0]["content"])
    return visible("\n".join(f"{message['role']}: {message['content']}" for message in prompt))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("luthier.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    readable = (numbers.number, numbers.signed, numbers.percent, numbers.count, numbers.seconds, numbers.p_value)
    more = (numbers.amount, numbers.interval, numbers.metric_name, visible, prompt_text)
    environment.filters.update({function.__name__: function for function in (*readable, *more)})
    environment.globals["marked"] = marked
    return environment


def _font(name: str) -> Markup:
    content = files("luthier.reporting").joinpath("templates", name).read_bytes()
    return Markup("data:font/woff;base64,{}").format(base64.b64encode(content).decode())


def _curve_rows(run: RunFolder) -> list[dict[str, str]]:
    if not run.metrics.exists():
        return []
    with run.metrics.open(newline="") as file:
        return list(csv.DictReader(file))


def _samples(run: RunFolder) -> list[dict[str, Any]]:
    """The first, middle and last look at each prompt; of a repeated step the last attempt's."""
    events = [event for event in read_jsonl(run.events) if event["kind"] == "sample"]
    latest = {(event["step"], str(event["prompt"])): event for event in events}
    steps = sorted({step for step, _ in latest})
    shown = {steps[0], steps[len(steps) // 2], steps[-1]} if steps else set()
    return [latest[key] for key in sorted(latest) if key[0] in shown]


def _flat(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"training.rank": 16, …}, as `--set` writes them."""
    found: dict[str, Any] = {}
    for key, value in section.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
