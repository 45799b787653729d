"""Drawn figures: bars that stand on each other and lines, as SVG made here, of classes and attributes only (the policy allows no styles).

A drawing has no letters in it: it is stretched to the width that there is, and what is to be read stands around it as text. Whoever
hears the page is told the title and the description, and has the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final, Literal

from markupsafe import Markup

WIDTH: Final = 1000
HEIGHT: Final = 200
STEPS: Final = (1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
"""The top of a scale is one of these times a power of ten; of counts one whose half is whole."""

Kind = Literal["bars", "lines"]
Value = int | float | None
Unit = Literal["count", "share", "seconds"]


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn in one colour: a value for each period; None where nothing is known."""

    name: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn, and in which unit; `top` is the end of the scale where it is fixed (a share ends at 1)."""

    kind: Kind
    series: Sequence[Series]
    top: float | None = None
    unit: Unit = "count"


def top_of(chart: Chart) -> float:
    """The value at the upper edge: the next round one."""
    if chart.top is not None:
        return chart.top
    columns = zip(*(one.values for one in chart.series), strict=True)
    heights = [sum(value or 0 for value in column) if chart.kind == "bars" else max(value or 0 for value in column) for column in columns]
    return _round_up(max(heights, default=0), whole=chart.unit == "count")


def _round_up(value: float, *, whole: bool) -> float:
    value = max(value, 2.0 if whole else 0.1)
    power = 10.0 ** floor(log10(value))
    tops = (round(step * power, 6) for step in STEPS)
    return next(top for top in tops if top >= value - 1e-9 and (not whole or top % 2 == 0))


def draw(chart: Chart, name: str, title: str, description: str) -> Markup:
    """The drawing; `name` is its own on the page."""
    shapes = _bars(chart) if chart.kind == "bars" else _lines(chart)
    return Markup(
        '<svg class="drawing" role="img" aria-labelledby="{name}-t" aria-describedby="{name}-d" viewBox="0 0 {width} {height}"'
        ' preserveAspectRatio="none">'
        '<title id="{name}-t">{title}</title><desc id="{name}-d">{description}</desc>{grid}{shapes}</svg>'
    ).format(
        name=name, title=title, description=description, width=WIDTH, height=HEIGHT, grid=Markup("").join(_grid()),
        shapes=Markup("".join(shapes)),  # noqa: S704  numbers of ours alone, and hundreds of them
    )  # fmt: skip


def _grid() -> Iterator[Markup]:
    for height in (0, HEIGHT // 2, HEIGHT):
        yield Markup('<line class="grid" x1="0" x2="{}" y1="{y}" y2="{y}"/>').format(WIDTH, y=height)


def _bars(chart: Chart) -> Iterator[str]:
    """One bar a period; the first series stands at the bottom."""
    count, top = len(chart.series[0].values), top_of(chart)
    step = WIDTH / max(count, 8)
    left = (WIDTH - step * count) / 2
    for place in range(count):
        base = float(HEIGHT)
        for number, one in enumerate(chart.series, 1):
            height = (one.values[place] or 0) / top * HEIGHT
            base -= height
            if height:
                x, width = left + step * (place + 0.1), step * 0.8
                yield f'<rect class="s{number}" x="{x:.1f}" y="{base:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _lines(chart: Chart) -> Iterator[str]:
    """One line a series, broken where nothing is known; a value that stands alone is a short stroke."""
    top = top_of(chart)
    for number, one in enumerate(chart.series, 1):
        for run in _runs(one.values):
            step = WIDTH / len(one.values)
            points = [(step * (place + 0.5), HEIGHT * (1 - min(value / top, 1))) for place, value in run]
            if len(points) == 1:
                (x, y), reach = points[0], min(step * 0.4, 30)
                points = [(x - reach, y), (x + reach, y)]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            yield f'<polyline class="l{number}" points="{path}"/>'


def _runs(values: Sequence[Value]) -> Iterator[list[tuple[int, float]]]:
    run: list[tuple[int, float]] = []
    for place, value in enumerate(values):
        if value is not None:
            run.append((place, float(value)))
        elif run:
            yield run
            run = []
    if run:
        yield run
