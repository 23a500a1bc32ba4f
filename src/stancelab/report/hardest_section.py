"""The part of the report that shows which rows are hard, and for whom: shared errors, disagreement, confident errors."""

from collections.abc import Mapping, Sequence
from typing import Any

from stancelab.dataset import VOTES
from stancelab.disagreement import Disagreement, disagreements
from stancelab.hardest import HardRow, confident_errors, hardest_rows
from stancelab.leaderboard import Leaderboard
from stancelab.report.figures import as_svg
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run

SHOWN = 20
LISTED = 100
DASH = "–"
HARDEST_HEADER = ("rank", "id", "statement", "actor", "target", "gold", "votes", "wrong", "log loss", "given instead")
SHARES = ("differ", "both wrong", "one of the two right", "kappa")
PAIRS_HEADER = ("recipe", "other recipe", *(cell for share in SHARES for cell in (share, "low", "high")))

Row = Mapping[str, Any]


def hardest_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Hard rows, disagreement and confident errors in the primary setting; None where no recipe reads statements."""
    board = boards[0]
    recipes = {entry.recipe.name: entry.predictions for entry in board.entries if entry.recipe.reads_statements}
    if not recipes:
        return None
    rows = [{str(key): value for key, value in row.items()} for row in board.dataset.rows.to_dict("records")]
    hard, pairs = hardest_rows(recipes), disagreements(recipes)
    listed = [(entry, rows[entry.row]) for entry in hard if entry.wrong > 0][:LISTED]
    chart = disagreement_chart(pairs, list(recipes)) if pairs else None
    context = {
        "setting": board.title[0].upper() + board.title[1:],
        "recipes": list(recipes),
        "hard": listed[:SHOWN],
        "missed": sum(entry.wrong == 1 for entry in hard),
        "rows": len(rows),
        "votes": votes_text,
        "given": given_text,
        "pairs": pairs,
        "heat_map": as_svg(chart) if chart else "",
        "errors": [(error, rows[error.row]) for error in confident_errors(recipes, most=SHOWN)],
        "role": {board.dataset.scheme.favor: "favor", board.dataset.scheme.against: "against", "neutral": "neutral"}.get,
        "dash": DASH,
    }
    sheets = {"hardest-statements": _hardest_sheet(listed)} | ({"disagreement": _pairs_sheet(pairs)} if pairs else {})
    return Section("hardest", "The hardest statements", "hardest.html", context, {"disagreement": chart} if chart else {}, sheets)


def votes_text(row: Row) -> str:
    """The annotators' votes of a row, the most frequent label first; a dash where none are known.

    >>> votes_text({"votes_favor": 1, "votes_none": 2, "votes_against": 0})
    'none 2, favor 1'
    """
    votes = {name.removeprefix(VOTES): int(count) for name, count in row.items() if name.startswith(VOTES) and count > 0}
    return ", ".join(f"{label} {count}" for label, count in sorted(votes.items(), key=lambda vote: -vote[1])) or DASH


def given_text(entry: HardRow) -> str:
    """The wrong labels that recipes gave, each with the number of recipes.

    >>> given_text(HardRow(0, 0.9, None, {"against": 8, "none": 1}))
    'against 8, none 1'
    """
    return ", ".join(f"{label} {count}" for label, count in entry.given.items()) or DASH


def disagreement_chart(pairs: Sequence[Disagreement], names: Sequence[str]) -> Any:
    """A heat map: below the diagonal the share of rows on which two recipes differ, above it the share that both get wrong."""
    import altair as alt
    import pandas as pd

    cells = [(pair.b, pair.a, pair.differ) for pair in pairs] + [(pair.a, pair.b, pair.both_wrong) for pair in pairs]
    rows = pd.DataFrame(
        [
            {
                "down": down,
                "across": across,
                "value": share.value,
                "share": f"{share.value:.2f}",
                "interval": f"{share.low:.2f}-{share.high:.2f}",
            }
            for down, across, share in cells
        ]
    )
    plain = {"ticks": False, "domain": False, "labelFontSize": 11, "labelLimit": 180, "labelColor": "#8c8c8c"}
    across = alt.X("across:N", sort=list(names), title=None, axis=alt.Axis(orient="top", labelAngle=-40, **plain))
    down = alt.Y("down:N", sort=list(names), title=None, axis=alt.Axis(**plain))
    most = float(rows["value"].max())
    shade = alt.Color("value:Q", scale=alt.Scale(scheme="blues", domain=[0, max(most, 0.1)]), legend=None)
    ink = alt.condition(alt.datum.value > 0.6 * max(most, 0.1), alt.value("white"), alt.value("#222222"))
    base = alt.Chart(rows).encode(x=across, y=down)
    layers = (
        base.mark_rect(stroke="white", strokeWidth=2).encode(color=shade)
        + base.mark_text(fontSize=12, dy=-5, fontWeight="bold").encode(text="share:N", color=ink)
        + base.mark_text(fontSize=8, dy=9).encode(text="interval:N", color=ink)
    )
    return layers.properties(width=66 * len(names), height=36 * len(names)).configure_view(stroke=None)


def _hardest_sheet(listed: Sequence[tuple[HardRow, Row]]) -> Sheet:
    rows = [
        (
            *(str(rank), *(str(row[name]) for name in ("id", "text", "actor", "target", "label")), votes_text(row)),
            *(f"{entry.wrong:.3f}", DASH if entry.log_loss is None else f"{entry.log_loss:.3f}", given_text(entry)),
        )
        for rank, (entry, row) in enumerate(listed, 1)
    ]
    return Sheet(HARDEST_HEADER, tuple(rows))


def _pairs_sheet(pairs: Sequence[Disagreement]) -> Sheet:
    rows = []
    for pair in pairs:
        found = (pair.differ, pair.both_wrong, pair.either_right, pair.kappa)
        numbers = [(share.value, share.low, share.high) if share else (None, None, None) for share in found]
        rows.append((pair.a, pair.b, *(DASH if value is None else f"{value:.3f}" for each in numbers for value in each)))
    return Sheet(PAIRS_HEADER, tuple(rows))
