"""What do probabilities look like as pictures: do they hold, and what does leaving unsure rows unanswered gain?"""

from collections.abc import Mapping
from typing import Any

from stancelab.calibration import Calibration

SIDE = 230
"""Width of a panel in pixels."""

DARK, PALE = "#0072B2", "#a3abb8"
FIFTHS = {"values": [0, 0.2, 0.4, 0.6, 0.8, 1], "format": ".1f"}


def reliability_charts(calibrations: Mapping[str, Calibration]) -> list[Any]:
    """One a recipe: how often the rows of a bin are right (on the diagonal: as often as they say), and how many they are."""
    import altair as alt

    panels = []
    for name, found in calibrations.items():
        upper = (_diagonal() + _bins(found)).properties(width=SIDE, height=SIDE, title=name)
        panels.append(alt.vconcat(upper, _counts(found).properties(width=SIDE, height=46), spacing=6))
    return panels


def risk_coverage_charts(calibrations: Mapping[str, Calibration]) -> list[Any]:
    """One a recipe: the share of wrong answers when only the surest rows are answered; the other recipes' curves are pale."""
    import altair as alt
    import pandas as pd

    curves = {name: [(point.coverage, point.risk) for point in found.curve] for name, found in calibrations.items()}
    rows = pd.DataFrame([(name, *point) for name, points in curves.items() for point in points], columns=["recipe", "x", "y"])
    most = min(1.0, 1.05 * rows["y"].max() + 0.01)
    every = alt.Chart(rows).encode(
        x=alt.X("x:Q", scale=alt.Scale(domain=[0, 1]), title="coverage", axis=alt.Axis(**FIFTHS)),
        y=alt.Y("y:Q", scale=alt.Scale(domain=[0, most]), title="risk", axis=alt.Axis(format=".1f", tickCount=5)),
        detail="recipe:N",
    )
    panels = []
    for name, found in calibrations.items():
        own = every.transform_filter(alt.datum.recipe == name).mark_line(color=DARK, strokeWidth=2.5)
        title = alt.Title(name, subtitle=f"AURC {found.area}")
        layers = every.mark_line(color=PALE, strokeWidth=1, opacity=0.5) + own
        panels.append(layers.properties(width=SIDE, height=0.7 * SIDE, title=title))
    return panels


def _diagonal() -> Any:
    import altair as alt
    import pandas as pd

    ends = pd.DataFrame({"sure": [0, 1], "right": [0, 1]})
    return alt.Chart(ends).mark_line(color=PALE, strokeDash=[5, 4]).encode(x="sure:Q", y="right:Q")


def _bins(found: Calibration) -> Any:
    import altair as alt
    import pandas as pd

    rows = pd.DataFrame([{"sure": one.confidence, "right": one.accuracy} for one in found.bins])
    unit = alt.Scale(domain=[0, 1])
    points = alt.Chart(rows).encode(
        x=alt.X("sure:Q", scale=unit, title=None, axis=alt.Axis(labels=False, **FIFTHS)),
        y=alt.Y("right:Q", scale=unit, title="share right", axis=alt.Axis(**FIFTHS)),
    )
    return points.mark_line(color=DARK) + points.mark_point(filled=True, opacity=1, size=45, color=DARK)


def _counts(found: Calibration) -> Any:
    import altair as alt
    import pandas as pd

    facts = [(one.low, one.high, one.rows, f"{one.rows:.0f}" if one.rows >= 1 else "<1") for one in found.bins]
    rows = pd.DataFrame(facts, columns=["low", "high", "rows", "shown"])
    rows["middle"] = (rows["low"] + rows["high"]) / 2
    room = alt.Scale(domain=[0, 1.5 * rows["rows"].max()])
    across = {"scale": alt.Scale(domain=[0, 1]), "title": "highest probability", "axis": alt.Axis(**FIFTHS)}
    height = alt.Y("rows:Q", scale=room, title="rows", axis=alt.Axis(labels=False, ticks=False, grid=False))
    bars = alt.Chart(rows).mark_rect(color=PALE).encode(x=alt.X("low:Q", **across), x2="high:Q", y=height, y2=alt.datum(0))
    return bars + alt.Chart(rows).mark_text(dy=-6, fontSize=9).encode(x=alt.X("middle:Q", **across), y=height, text="shown:N")
