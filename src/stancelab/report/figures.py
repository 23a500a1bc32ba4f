"""What does a leaderboard look like as a picture?"""

from collections.abc import Sequence
from typing import Any

from stancelab.leaderboard import Leaderboard
from stancelab.transfer import TransferCell

FAMILY_COLOURS = {"baseline": "#8a6d1f", "transformer": "#1f5fa8", "audit": "#8c8c8c"}


def leaderboard_chart(board: Leaderboard) -> Any:
    """Each recipe's primary score as a point with its 95 % interval, best on top, coloured by family."""
    import altair as alt
    import pandas as pd

    rows = pd.DataFrame(
        [
            {
                "recipe": entry.recipe.name,
                "family": entry.recipe.family,
                "value": entry.scores[board.metric].interval.value,
                "low": entry.scores[board.metric].interval.low,
                "high": entry.scores[board.metric].interval.high,
            }
            for entry in board.ranked
        ]
    )
    order = [entry.recipe.name for entry in board.ranked]
    families = [name for name in FAMILY_COLOURS if name in set(rows["family"])]
    height = alt.Y("recipe:N", sort=order, title=None, axis=alt.Axis(labelFontSize=12, labelLimit=200, ticks=False))
    colour = alt.Color(
        "family:N",
        scale=alt.Scale(domain=families, range=[FAMILY_COLOURS[name] for name in families]),
        legend=alt.Legend(orient="top", title=None),
    )
    inside = rows["low"].min() >= 0 and rows["high"].max() <= 1
    scale = alt.Scale(domain=[0, 1]) if inside else alt.Scale(zero=False)
    title = f"{board.metric_title}, 95 % interval over statements"
    intervals = (
        alt.Chart(rows)
        .mark_rule(strokeWidth=2)
        .encode(
            y=height,
            x=alt.X("low:Q", scale=scale, title=title, axis=alt.Axis(values=[tick / 10 for tick in range(11)], format=".1f")),
            x2="high:Q",
            color=colour,
        )
    )
    points = (
        alt.Chart(rows)
        .mark_point(filled=True, size=70, opacity=1)
        .encode(y=height, x=alt.X("value:Q", scale=scale), color=colour)
    )
    layers = (intervals + points).properties(width=880, height=26 * len(rows))
    return layers.configure_view(stroke=None).configure_axis(gridColor="#eeeeee", domainColor="#999999")


def transfer_chart(cells: Sequence[TransferCell], metric: str) -> Any:
    """A recipe's transfer matrix as a heat map: trained on down, tested on across, each score with its 95 % interval."""
    import altair as alt
    import pandas as pd

    rows = pd.DataFrame(
        [
            {
                "trained on": cell.trained_on,
                "tested on": cell.tested_on,
                "value": cell.score.value,
                "score": f"{cell.score.value:.2f}" + (" *" if cell.own else ""),
                "interval": f"{cell.score.low:.2f}-{cell.score.high:.2f}",
            }
            for cell in cells
        ]
    )
    axis = alt.Axis(labelAngle=0, labelFontSize=11, ticks=False, domain=False, orient="top", labelLimit=160)
    across = alt.X("tested on:N", sort=list(dict.fromkeys(rows["tested on"])), axis=axis)
    down = alt.Y(
        "trained on:N", sort=list(dict.fromkeys(rows["trained on"])), axis=alt.Axis(labelFontSize=11, ticks=False, domain=False)
    )
    shade = alt.Color("value:Q", scale=alt.Scale(scheme="blues", domain=[0.2, 0.9]), title=metric)
    ink = alt.condition("datum.value > 0.62", alt.value("white"), alt.value("#222222"))
    base = alt.Chart(rows).encode(x=across, y=down)
    layers = (
        base.mark_rect(stroke="white", strokeWidth=2).encode(color=shade)
        + base.mark_text(fontSize=14, dy=-6, fontWeight="bold").encode(text="score:N", color=ink)
        + base.mark_text(fontSize=10, dy=11).encode(text="interval:N", color=ink)
    )
    columns, lines = rows["tested on"].nunique(), rows["trained on"].nunique()
    return layers.properties(width=118 * columns, height=52 * lines).configure_view(stroke=None)


def as_svg(chart: Any) -> str:
    """The chart as an SVG element to stand inside a page."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return svg[svg.index("<svg") :]
