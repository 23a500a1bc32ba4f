"""What was run, what came out, and how much does it weigh?"""

from collections.abc import Sequence

from stancelab.leaderboard import Leaderboard
from stancelab.report.figures import as_svg, leaderboard_chart
from stancelab.report.label_marks import classes
from stancelab.report.section import Section
from stancelab.runs import Run

SMALL = 180
"""Width in pixels of the picture on a telephone, beside the names."""


def overview_section(run: Run, boards: Sequence[Leaderboard]) -> Section:
    """The rows, the verdict, and the primary scores as a picture."""
    board = boards[0]
    rows, chart = board.dataset.rows, leaderboard_chart(board)
    context = {
        "run": run,
        "board": board,
        "rows": len(rows),
        "statements": board.dataset.groups.nunique(),
        "actors": rows["actor"].nunique(),
        "settings": len(boards),
        "counts": {label: int((board.dataset.y == label).sum()) for label in board.dataset.scheme.labels},
        "headline": headline(board),
        "class_of": classes(board.dataset.scheme),
        "chart": as_svg(chart),
        "small_chart": as_svg(leaderboard_chart(board, width=SMALL)),
    }
    return Section("overview", "Overview", "overview.html", context, figures={"leaderboard": chart})


def headline(board: Leaderboard) -> str:
    """What came out, in half a sentence: whether the best transformer and the best baseline were shown to differ."""
    baseline, transformer = board.best_baseline, board.best_transformer
    if baseline is None or transformer is None or transformer.versus is None:
        best = board.ranked[0]
        return f"{best.recipe.name} scores highest: {best.scores[board.metric].interval.value:.3f} {board.metric_title}"
    if not transformer.versus.significant:
        return f"No difference is shown between {transformer.recipe.name} and {baseline.recipe.name}"
    ahead = board.ranked.index(transformer) < board.ranked.index(baseline)
    return f"{transformer.recipe.name} {'beats' if ahead else 'falls short of'} {baseline.recipe.name}"
