"""The report's charts as inline SVG, drawn by hand: no script, no font to fetch, sharp in print."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from luthier.reporting.numbers import MINUS, number, signed
from luthier.reporting.svg import INK, MUTED, Scale, element, label, line, picture, round_ticks

ACCENT = "#1f5fbf"
SECOND = "#c2410c"
PALE = "#b8c0cc"

Points = list[tuple[float, float]]


class Effect(NamedTuple):
    """One row of a forest plot; `hollow` marks the comparison of less weight."""

    name: str
    value: float
    low: float
    high: float
    hollow: bool = False


def loss_curve(rows: Iterable[Mapping[str, Any]], interrupted: Iterable[int] = (), accent: str = ACCENT) -> str:
    """Training and validation loss by step as an SVG. `rows` are those of metrics.csv, empty cells as "" or None.

    A step that was repeated after an interruption counts with its last attempt.
    """
    kept = list(rows)
    series = {"Training loss": _points(kept, "train_loss"), "Validation loss": _points(kept, "validation_loss")}
    return line_chart("Loss by training step", series, {"Training loss": PALE, "Validation loss": accent}, interrupted)


def learning_rate_curve(rows: Iterable[Mapping[str, Any]]) -> str:
    """The learning rate by step as an SVG; `rows` as of `loss_curve`."""
    name = "Learning rate"
    return line_chart("Learning rate by training step", {name: _points(list(rows), "learning_rate")}, {name: SECOND})


def line_chart(
    title: str, series: Mapping[str, Points], colors: Mapping[str, str], marks: Iterable[int] = ()
) -> Markup:
    """Lines over steps; `marks` are steps at which the run was interrupted."""
    points = [point for each in series.values() for point in each]
    if not points:
        return picture(680, 60, title, label(340, 34, "No values yet", "middle"))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    across = Scale(round_ticks(min(0.0, *xs), max(xs), 8), 48, 664)
    up = Scale(round_ticks(min(ys), max(ys)), 214, 34)
    drawn = [_line(each, colors[name], across, up) for name, each in series.items() if each]
    legend = [_key(48 + 130 * index, name, colors[name]) for index, name in enumerate(series)]
    return picture(680, 252, title, _axes(across, up), *_breaks(marks, across, up), *drawn, *legend)


def forest(title: str, effects: Sequence[Effect], accent: str = ACCENT) -> Markup:
    """Differences with their 95 % intervals around a line at zero."""
    ends = [end for effect in effects for end in (effect.low, effect.high)]
    across = Scale(round_ticks(min(0.0, *ends), max(0.0, *ends), 6), 190, 560)
    bottom = 30 + 26 * len(effects)
    grid = [line(across(tick), 14, across(tick), bottom - 8) for tick in across.ticks]
    marks = [label(across(tick), bottom + 8, _plain(tick, signs=True), "middle") for tick in across.ticks]
    zero = line(across(0), 8, across(0), bottom - 4, INK)
    rows = [_effect(effect, 26 + 26 * index, across, accent) for index, effect in enumerate(effects)]
    return picture(680, bottom + 18, title, *grid, zero, *marks, *rows)


def bars(title: str, groups: Mapping[str, Mapping[str, float]], colors: Mapping[str, str], digits: int = 3) -> Markup:
    """Horizontal bars from zero: for each group one bar an arm, with its value."""
    across = Scale(
        [0.0, max((value for group in groups.values() for value in group.values()), default=1.0) or 1.0], 0, 380
    )
    parts, y = [], 6
    for name, group in groups.items():
        parts.append(label(0, y + 13, name, fill=INK, font_weight=600))
        for arm, value in group.items():
            parts.append(element("rect", x=190, y=y, width=max(across(value), 1.0), height=14, rx=2, fill=colors[arm]))
            parts.append(label(184, y + 11, arm, "end"))
            parts.append(label(197 + across(value), y + 11, number(value, digits), fill=INK))
            y += 19
        y += 10
    return picture(680, y, title, *parts)


def _points(rows: list[Mapping[str, Any]], column: str) -> Points:
    by_step = {int(row["step"]): float(row[column]) for row in rows if row.get(column) not in (None, "")}
    return sorted((float(step), value) for step, value in by_step.items())


def _axes(across: Scale, up: Scale) -> Markup:
    grid = [line(48, up(tick), 664, up(tick)) for tick in up.ticks]
    left = [label(40, up(tick) + 4, _plain(tick), "end") for tick in up.ticks]
    below = [label(across(tick), 231, f"{tick:,.0f}", "middle") for tick in across.ticks if tick == int(tick)]
    return Markup().join([*grid, *left, *below, label(356, 248, "Training step", "middle")])


def _line(points: Points, color: str, across: Scale, up: Scale) -> Markup:
    path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
    joints = [element("circle", cx=across(x), cy=up(y), r=2.2, fill=color) for x, y in points if len(points) <= 40]
    stroke = element("polyline", points=path, fill="none", stroke=color, stroke_width=2, stroke_linejoin="round")
    return Markup().join([stroke, *joints])


def _breaks(marks: Iterable[int], across: Scale, up: Scale) -> list[Markup]:
    drawn = []
    for step in sorted(set(marks)):
        x = across(min(step, across.ticks[-1]))
        drawn.append(line(x, up.end - 6, x, up.start, SECOND, stroke_dasharray="3 3"))
        side, anchor = (4, "start") if x < 600 else (-4, "end")  # the word must not leave the picture
        drawn.append(label(x + side, up.end + 4, "interrupted", anchor, SECOND, font_size=10))
    return drawn


def _key(x: float, name: str, color: str) -> Markup:
    return line(x, 12, x + 18, 12, color, stroke_width=3) + label(x + 24, 16, name)


def _effect(effect: Effect, y: float, across: Scale, accent: str) -> Markup:
    color = MUTED if effect.hollow else accent
    return Markup().join(
        [
            label(0, y + 4, effect.name, fill=MUTED if effect.hollow else INK),
            line(across(effect.low), y, across(effect.high), y, color, stroke_width=2),
            element(
                "circle",
                cx=across(effect.value),
                cy=float(y),
                r=4.5,
                fill="#ffffff" if effect.hollow else color,
                stroke=color,
                stroke_width=2,
            ),
            label(576, y + 4, signed(effect.value), fill=INK),
        ]
    )


def _plain(tick: float, signs: bool = False) -> str:
    return f"{tick:+g}".replace("-", MINUS) if signs and tick else f"{tick:g}".replace("-", MINUS)
