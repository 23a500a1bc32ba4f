"""How does every recipe score in every setting, and how sure is that?"""

from collections.abc import Sequence

from stancelab.leaderboard import Leaderboard
from stancelab.metrics import METRICS
from stancelab.report.figures import as_svg, leaderboard_chart
from stancelab.report.results import score_text, versus_cells
from stancelab.report.section import DASH, Section, Sheet
from stancelab.runs import Run


def leaderboards_section(run: Run, boards: Sequence[Leaderboard]) -> Section:
    """A table a setting, the primary one first and open; the primary setting's picture is the overview's."""
    charts = {name_of(board): leaderboard_chart(board) for board in boards[1:]}
    context = {
        "boards": boards,
        "charts": {name: as_svg(chart) for name, chart in charts.items()},
        "name_of": name_of,
        "metrics": METRICS,
        "versus_cells": versus_cells,
        "dash": DASH,
    }
    sheets = {name_of(board): leaderboard_sheet(board) for board in boards}
    return Section("leaderboards", "Leaderboards", "leaderboards.html", context, charts, sheets)


def name_of(board: Leaderboard) -> str:
    """The name of a leaderboard's files."""
    return "-".join(("leaderboard", *board.setting.folder.parts))


def leaderboard_sheet(board: Leaderboard) -> Sheet:
    """Every metric with its interval, the difference to the best baseline with its corrected p, coverage, repeats."""
    titles = [METRICS[name].title for name in board.metrics]
    header = ("recipe", "family", *titles, "difference to best baseline", "p (Holm)", "coverage", "repeats")
    rows = [
        (
            entry.recipe.name,
            entry.recipe.family,
            *(score_text(entry, name) for name in board.metrics),
            *versus_cells(entry, board),
            f"{entry.predictions.coverage:.1%}",
            str(entry.predictions.replicates),
        )
        for entry in board.entries
    ]
    return Sheet(header, tuple(rows))
