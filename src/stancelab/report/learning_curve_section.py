"""What would more statements bring: differences that show, and scores that rise?"""

from collections.abc import Sequence
from typing import Any

from stancelab.leaderboard import Leaderboard
from stancelab.learning_curve import learning_curves
from stancelab.planning import ASSUMED, powers
from stancelab.power import Aim
from stancelab.report.figures import as_svg
from stancelab.report.learning_curve_figures import learning_curve_chart
from stancelab.report.planning_sheets import ahead_sheet, backtest_sheet, curve_sheet, power_sheet
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run


def learning_curve_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """The power of the primary setting's comparisons, and its learning curves; None where there is neither."""
    planned, curves = powers(run, Aim()), learning_curves(run)
    sheets: dict[str, Sheet] = {"power": power_sheet(planned)} if planned else {}
    figures: dict[str, Any] = {}
    if curves:
        backtested = backtest_sheet(curves)
        sheets |= {"learning-curve": curve_sheet(curves), "learning-curve-ahead": ahead_sheet(curves)}
        sheets |= {"learning-curve-backtest": backtested} if backtested.rows else {}
        figures["learning-curves"] = learning_curve_chart(curves, boards[0].metric_title)
    if not sheets:
        return None
    context = {
        "board": boards[0],
        "aim": Aim(),
        "assumed": ASSUMED,
        "sheets": sheets,
        "curves": curves,
        "chart": as_svg(figures["learning-curves"]) if curves else "",
        "held": sum(1 for curve in curves if curve.backtest and curve.backtest.held),
    }
    return Section("learning_curve", "What more statements would bring", "learning_curve.html", context, figures, sheets)
