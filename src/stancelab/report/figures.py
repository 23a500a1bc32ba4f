"""What does a leaderboard look like as a picture?"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from stancelab.comparison import Comparison
from stancelab.leaderboard import Leaderboard
from stancelab.transfer import TransferCell

FAMILIES = {"baseline": ("#E69F00", "square"), "transformer": ("#0072B2", "circle"), "audit": ("#8c8c8c", "diamond")}
"""Each family's colour (of Okabe and Ito 2008, told apart by the colour-blind) and shape."""

THEME = {
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {"gridColor": "#dddddd", "domainColor": "#888888", "tickColor": "#888888", "titleFontWeight": "normal"},
    "legend": {"titleFontWeight": "normal"},
    "title": {"anchor": "start", "fontSize": 12, "subtitleFontSize": 11},
    "range": {"category": ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8c8c8c"]},
}
"""What every chart looks like that does not say otherwise. The page recolours text and lines in these greys on a dark screen."""


def leaderboard_chart(board: Leaderboard, *, width: int = 760) -> Any:
    """Each recipe's primary score as a point with its 95 % interval, best on top, colour and shape by family; width: pixels."""
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
    families = [name for name in FAMILIES if name in set(rows["family"])]
    height = alt.Y("recipe:N", sort=order, title=None, axis=alt.Axis(labelFontSize=12, labelLimit=170, ticks=False))
    colour = alt.Color(
        "family:N",
        scale=alt.Scale(domain=families, range=[FAMILIES[name][0] for name in families]),
        legend=alt.Legend(orient="top", title=None),
    )
    shape = alt.Shape("family:N", scale=alt.Scale(domain=families, range=[FAMILIES[name][1] for name in families]))
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
        .encode(y=height, x=alt.X("value:Q", scale=scale), color=colour, shape=shape)
    )
    return (intervals + points).properties(width=width, height=26 * len(rows))


def comparison_chart(names: Sequence[str], pairs: Sequence[Comparison], *, higher: bool) -> Any:
    """Every recipe (down) minus every other (across) as a matrix; a difference that is real is filled, bold and has a triangle.

    higher: whether more is better; a triangle that points up says that the row's recipe is the better one.
    """
    import altair as alt
    import pandas as pd

    rows = pd.DataFrame(
        [
            {
                "a": pair.a,
                "b": pair.b,
                "real": pair.significant,
                "text": f"{_triangle(pair, higher=higher)}{pair.difference.value:+.2f}".replace("-", "−"),
            }
            for pair in pairs
        ]
    )
    plain = {"title": None, "ticks": False, "domain": False, "labelFontSize": 11, "labelLimit": 200}
    base = alt.Chart(rows).encode(
        x=alt.X("b:N", sort=list(names), axis=alt.Axis(orient="top", labelAngle=-90, **plain)),
        y=alt.Y("a:N", sort=list(names), axis=alt.Axis(**plain)),
    )
    real, other = base.transform_filter(alt.datum.real), base.transform_filter(~alt.datum.real)
    layers = (
        real.mark_rect(color="#0072B2", opacity=0.25, stroke="#0072B2", strokeOpacity=1, strokeWidth=1.5)
        + real.mark_text(fontSize=11, fontWeight="bold").encode(text="text:N")
        + other.mark_text(fontSize=10, color="#767676").encode(text="text:N")
    )
    return layers.properties(width=52 * (len(names) - 1), height=24 * (len(names) - 1))


def _triangle(pair: Comparison, *, higher: bool) -> str:
    if not pair.significant:
        return ""
    return "▲ " if (pair.difference.value > 0) == higher else "▼ "


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
    """The chart as an SVG element, to stand inside a page or in a file of its own."""
    return _svg(chart.to_json(indent=None, validate=False))


def as_pdf(svg: str) -> bytes:
    """A chart's SVG as a page of PDF as large as it is."""
    import vl_convert

    pdf: bytes = vl_convert.svg_to_pdf(svg)
    return pdf


@lru_cache(maxsize=128)
def _svg(spec: str) -> str:
    """Kept, because a figure stands on the page and beside it."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(spec, config=THEME)
    return svg[svg.index("<svg") :]
