"""Which differences between recipes are real, and which could be chance?"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from stancelab.comparison import Comparison, compare_all, holm
from stancelab.leaderboard import Leaderboard
from stancelab.metrics import metric_named
from stancelab.report.comparison_sheet import comparison_sheet
from stancelab.report.figures import comparison_chart
from stancelab.report.section import Section
from stancelab.runs import Run


def comparisons_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Every recipe against every other in the primary setting, Holm over all pairs; the planned comparisons of every setting."""
    board = boards[0]
    pairs = every_pair(board)
    if not pairs:
        return None
    higher = metric_named(board.metric, board.dataset.scheme).better == "higher"
    real = [pair for pair in pairs if pair.significant]
    names = [entry.recipe.name for entry in board.ranked]
    context: dict[str, Any] = {
        "board": board,
        "names": names,
        "pairs": sorted(pairs, key=lambda pair: (pair.p_holm, pair.p, -abs(pair.difference.value))),
        "real": real,
        "cell": {(pair.a, pair.b): pair for pair in pairs},
        "better": lambda pair: (pair.difference.value > 0) == higher,
        "planned": [other for other in boards if other.planned],
    }
    sheets = {"comparisons": comparison_sheet(pairs)}
    for other in context["planned"]:
        sheets["-".join(("planned", *other.setting.folder.parts))] = comparison_sheet(other.planned)
    figures = {"comparisons": comparison_chart(names, pairs, higher=higher)}
    return Section("comparisons", "Comparisons", "comparisons.html", context, figures, sheets)


def every_pair(board: Leaderboard) -> list[Comparison]:
    """Each recipe minus each that ranks below it, in the board's metric, corrected after Holm for all pairs."""
    ranked = board.ranked
    names = [entry.recipe.name for entry in ranked]
    systems, pairs = [entry.predictions for entry in ranked], list(combinations(range(len(ranked)), 2))
    return holm(compare_all(systems, pairs, metric_named(board.metric, board.dataset.scheme), names=names, seed=0))
