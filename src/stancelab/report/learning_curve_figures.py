"""What do learning curves look like as pictures?"""

from collections.abc import Sequence
from typing import Any

from stancelab.learning_curve import Ahead, Curve, Point

WIDTH, HEIGHT, ACROSS = 230, 200, 3
MEASURED, CARRIED_ON = "#0072B2", "#E69F00"


def learning_curve_chart(curves: Sequence[Curve], metric: str) -> Any:
    """One panel a recipe: the score against training statements with its band, and dashed where the law leads, with its band."""
    import altair as alt

    steps = [step for curve in curves for step in _steps(curve)]
    sizes = [step.statements for step in steps]
    ends = [end for step in steps for end in (step.score.low, step.score.high)]
    ticks = alt.Axis(values=[round(point.statements) for point in curves[0].points] + _doublings(curves), format="d")
    across = alt.X(
        "statements:Q",
        title="training statements",
        axis=ticks,
        scale=alt.Scale(type="log", domain=[min(sizes), max(sizes)], nice=False),
    )
    up = {"title": metric, "scale": alt.Scale(domain=[min(ends), max(ends)], nice=True, zero=False)}
    panels = []
    for curve in curves:
        layers = _line(curve.points, MEASURED, across, up) + _dots(curve.points, across, up)
        if curve.ahead:
            layers = _line(curve.ahead, CARRIED_ON, across, up, strokeDash=[6, 4]) + layers
        panels.append(layers.properties(width=WIDTH, height=HEIGHT, title=curve.recipe))
    chart = alt.concat(*panels, columns=ACROSS).configure_view(stroke=None).configure_title(anchor="start", fontSize=12)
    return chart.configure_axis(gridColor="#8c8c8c", gridOpacity=0.25, domainColor="#999999", titleFontWeight="normal")


def _steps(curve: Curve) -> list[Point | Ahead]:
    return [*curve.points, *curve.ahead]


def _doublings(curves: Sequence[Curve]) -> list[int]:
    """The sizes at twice and four times all training statements, where a curve is carried on."""
    return sorted({round(step.statements) for curve in curves for step in curve.ahead if step.times in (2, 4)})


def _line(steps: Sequence[Point | Ahead], colour: str, across: Any, up: dict[str, Any], **style: Any) -> Any:
    import altair as alt

    both = alt.Chart(_rows(steps))
    band = both.mark_area(color=colour, opacity=0.25).encode(x=across, y=alt.Y("low:Q", **up), y2="high:Q")
    return band + both.mark_line(color=colour, strokeWidth=2.5, **style).encode(x=across, y=alt.Y("score:Q", **up))


def _dots(steps: Sequence[Point | Ahead], across: Any, up: dict[str, Any]) -> Any:
    import altair as alt

    dots = alt.Chart(_rows(steps)).mark_point(color=MEASURED, filled=True, opacity=1, size=45)
    return dots.encode(x=across, y=alt.Y("score:Q", **up))


def _rows(steps: Sequence[Point | Ahead]) -> Any:
    import pandas as pd

    facts = [(step.statements, step.score.value, step.score.low, step.score.high) for step in steps]
    return pd.DataFrame(facts, columns=["statements", "score", "low", "high"])
