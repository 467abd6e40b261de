"""Bits of SVG: elements with escaped text, axes with round numbers."""

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

INK, MUTED, RULE = "#1c2430", "#667085", "#dfe3e8"
FONT = "Report, 'Helvetica Neue', Arial, sans-serif"


def picture(width: int, height: int, title: str, *parts: Markup) -> Markup:
    """A whole <svg>, `width` x `height` units, that scales to its container; `title` is what a screen reader says."""
    opening = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
        'font-family="{2}" font-size="11"><title>{3}</title>'
    )
    return Markup(opening).format(width, height, FONT, title) + Markup().join(parts) + Markup("</svg>")


def element(name: str, content: str = "", /, **attributes: object) -> Markup:
    """`stroke_width=2` becomes stroke-width="2"; floats are rounded to a tenth of a unit."""
    written = Markup().join(
        Markup(' {}="{}"').format(key.replace("_", "-"), f"{value:.1f}" if isinstance(value, float) else value)
        for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, content)


def label(x: float, y: float, content: str, anchor: str = "start", fill: str = MUTED, **attributes: object) -> Markup:
    return element("text", escape(content), x=float(x), y=float(y), text_anchor=anchor, fill=fill, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = RULE, **attributes: object) -> Markup:
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), stroke=stroke, **attributes)


def round_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that cover `low` to `high`: steps of 1, 2 or 5 times a power of ten."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= about)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


class Scale:
    """Maps values to units: `ticks[0]` to `start`, `ticks[-1]` to `end`."""

    def __init__(self, ticks: Sequence[float], start: float, end: float):
        self.ticks, self.start, self.end = ticks, start, end

    def __call__(self, value: float) -> float:
        share = (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])
        return self.start + share * (self.end - self.start)
