"""The page's one chart: how long the rows are. Drawn by hand as SVG; its colours come from the style sheet."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT, FLOOR, LEFT, TOP = 680, 200, 168, 44, 22


def histogram(bins: Sequence[Mapping[str, Any]], max_length: int | None) -> Markup:
    """Rows by length in tokens, with a line where rows are cut, if any reaches that far. Empty without rows."""
    bins = [each for each in bins if each.get("rows")]
    if not bins:
        return Markup("")
    last = max(each["to"] for each in bins) or 1
    cut = max_length if max_length and max_length <= 1.5 * last else None
    across = _Across(max(last, cut or 0))
    most = max(each["rows"] for each in bins)
    parts = [_rule(most, TOP), _rule(most / 2, (TOP + FLOOR) / 2) if most > 1 else Markup(""), _rule(0, FLOOR)]
    parts += [_bar(each, across, most) for each in bins]
    parts += [_mark(across, value) for value in _round(across.last)]
    if cut:
        parts.append(_cut(across(cut), cut))
    told = f"Rows by length in tokens: {most:,} rows in the fullest bar, the longest row has {last:,} tokens"
    opening = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(WIDTH, HEIGHT, told)
    return opening + Markup().join(parts) + Markup("</svg>")


class _Across:
    """Tokens to units, from zero to `last`."""

    def __init__(self, last: float):
        self.last = last

    def __call__(self, tokens: float) -> float:
        return LEFT + (WIDTH - LEFT - 12) * tokens / self.last


def _bar(each: Mapping[str, Any], across: _Across, most: int) -> Markup:
    start, end = across(each["from"]), across(each["to"])
    height = max((FLOOR - TOP) * each["rows"] / most, 1.5)  # a single row among thousands is still seen
    told = f"{each['from']:,} to {each['to']:,} tokens: {each['rows']:,} rows"
    return Markup(
        '<rect class="column" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
    ).format(start, FLOOR - height, max(end - start - 1, 1.5), height, told)


def _rule(rows: float, y: float) -> Markup:
    line = Markup('<line class="rule" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(LEFT, WIDTH - 12, y, y)
    return line + _label(LEFT - 6, y + 4, f"{rows:,.0f}", "end")


def _mark(across: _Across, tokens: int) -> Markup:
    return _label(across(tokens), FLOOR + 17, f"{tokens:,}", "middle")


def _cut(x: float, tokens: int) -> Markup:
    line = Markup('<line class="cut" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>').format(x, TOP - 8, FLOOR)
    side, anchor = (-5, "end") if x > WIDTH / 2 else (5, "start")  # the words must not leave the picture
    return line + _label(x + side, TOP - 3, f"cut at {tokens:,}", anchor, "said")


def _label(x: float, y: float, said: str, anchor: str, kind: str = "") -> Markup:
    text = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>')
    return text.format(x, y, anchor, kind, said)


def _round(last: float) -> list[int]:
    """Up to six round numbers from zero to `last`."""
    step = next(
        size * factor
        for size in (10**power for power in range(12))
        for factor in (1, 2, 5)
        if last / (size * factor) <= 5
    )
    return list(range(0, int(last) + 1, step))
