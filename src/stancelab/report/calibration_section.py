"""Do probabilities hold what they say, and what does leaving unsure rows unanswered gain?"""

from collections.abc import Sequence

from stancelab.calibration import THRESHOLDS
from stancelab.leaderboard import Leaderboard
from stancelab.report.calibration_figures import reliability_charts, risk_coverage_charts
from stancelab.report.figures import as_svg
from stancelab.report.results import CALIBRATION_NOTE, threshold_texts, without_probabilities
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run


def calibration_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Reliability diagrams and risk-coverage curves of the primary setting; None where no recipe gives probabilities."""
    board = boards[0]
    found = board.calibrations
    if not found:
        return None
    reliability = dict(zip(found, reliability_charts(found), strict=True))
    risk = dict(zip(found, risk_coverage_charts(found), strict=True))
    context = {
        "board": board,
        "calibrations": found,
        "reliability": [as_svg(chart) for chart in reliability.values()],
        "risk_coverage": [as_svg(chart) for chart in risk.values()],
        "note": f"{CALIBRATION_NOTE} {without_probabilities(board)}",
        "threshold_texts": threshold_texts,
        "thresholds": THRESHOLDS,
    }
    figures = {f"reliability-{name}": chart for name, chart in reliability.items()}
    figures |= {f"risk-coverage-{name}": chart for name, chart in risk.items()}
    kept = [name for least in THRESHOLDS for name in (f"coverage at {least}", f"risk at {least}")]
    rows = [
        (name, str(one.area), *(text for threshold in one.thresholds for text in threshold_texts(threshold)))
        for name, one in found.items()
    ]
    sheets = {"calibration": Sheet(("recipe", "AURC", *kept), tuple(rows))}
    return Section("calibration", "Calibration", "calibration.html", context, figures, sheets)
