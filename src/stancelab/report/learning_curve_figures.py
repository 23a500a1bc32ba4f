"""What do learning curves look like as pictures?"""

from collections.abc import Sequence
from typing import Any

from stancelab.learning_curve import Ahead, Curve, Point

WIDTH, HEIGHT, ACROSS = 330, 230, 3
MEASURED, CARRIED_ON = "#0072B2", "#E69F00"


def learning_curve_chart(curves: Sequence[Curve], metric: str) -> Any:
    """One panel a recipe: the score against training statements with its band, and dashed where the law leads, with its band."""
    import altair as alt

    steps = [step for curve in curves for step in _steps(curve)]
    sizes = [step.statements for step in steps]
    ends = [end for step in steps for end in (step.score.low, step.score.high)]
    axes = {
        "x": alt.X(
            "statements:Q", title="training statements", scale=alt.Scale(type="log", base=2, domain=[min(sizes), max(sizes)])
        ),
        "y": alt.Y("score:Q", title=f"{metric}, 95 % interval", scale=alt.Scale(domain=[min(ends), max(ends)], nice=True)),
    }
    panels = []
    for curve in curves:
        layers = _band(curve.points, MEASURED, axes) + _line(curve.points, MEASURED, axes) + _points(curve.points, axes)
        if curve.ahead:
            layers += _band(curve.ahead, CARRIED_ON, axes) + _line(curve.ahead, CARRIED_ON, axes, strokeDash=[6, 4])
        panels.append(layers.properties(width=WIDTH, height=HEIGHT, title=curve.recipe))
    chart = alt.concat(*panels, columns=ACROSS).configure_view(stroke=None)
    return chart.configure_axis(gridColor="#8c8c8c", gridOpacity=0.25, domainColor="#999999").configure_title(
        anchor="start", fontSize=12
    )


def _steps(curve: Curve) -> list[Point | Ahead]:
    return [*curve.points, *curve.ahead]


def _rows(steps: Sequence[Point | Ahead]) -> Any:
    import pandas as pd

    facts = [(step.statements, step.score.value, step.score.low, step.score.high) for step in steps]
    return pd.DataFrame(facts, columns=["statements", "score", "low", "high"])


def _band(steps: Sequence[Point | Ahead], colour: str, axes: dict[str, Any]) -> Any:
    import altair as alt

    bounds = {"x": axes["x"], "y": alt.Y("low:Q", scale=axes["y"].scale, title=axes["y"].title), "y2": "high:Q"}
    return alt.Chart(_rows(steps)).mark_area(color=colour, opacity=0.22).encode(**bounds)


def _line(steps: Sequence[Point | Ahead], colour: str, axes: dict[str, Any], **style: Any) -> Any:
    import altair as alt

    return alt.Chart(_rows(steps)).mark_line(color=colour, strokeWidth=2.5, **style).encode(**axes)


def _points(steps: Sequence[Point | Ahead], axes: dict[str, Any]) -> Any:
    import altair as alt

    return alt.Chart(_rows(steps)).mark_point(color=MEASURED, filled=True, opacity=1, size=45).encode(**axes)
