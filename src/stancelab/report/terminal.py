"""What does a leaderboard look like in a terminal?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stancelab.leaderboard import Leaderboard
from stancelab.metrics import METRICS
from stancelab.report.results import versus_cells

if TYPE_CHECKING:
    from rich.table import Table

FAMILY_STYLES = {"baseline": "yellow", "transformer": "bold cyan", "audit": "dim"}


def leaderboard_table(board: Leaderboard) -> "Table":
    """The primary score with its interval, the other metrics' values, and the difference to the best baseline."""
    from rich.table import Table

    others = [name for name in METRICS if name in board.entries[0].scores and name not in (board.metric, "accuracy")]
    table = Table(title=board.title, title_justify="left", caption=board.verdict, caption_justify="left")
    table.add_column("recipe", no_wrap=True)
    table.add_column(f"{board.metric_title} [95 %]", no_wrap=True)
    table.add_column("vs best baseline", no_wrap=True)
    table.add_column("p (Holm)", justify="right")
    for name in others:
        table.add_column(METRICS[name].title, justify="right")
    for entry in board.entries:
        values = [f"{entry.scores[name].interval.value:.3f}" for name in others]
        row = [entry.recipe.name, str(entry.scores[board.metric].interval), *versus_cells(entry, board), *values]
        table.add_row(*(cell.replace("[", r"\[") for cell in row), style=FAMILY_STYLES[entry.recipe.family])
    return table


def print_leaderboards(boards: Sequence[Leaderboard]) -> None:
    """Print every leaderboard, with the signature of its first score."""
    import sys

    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 170, highlight=False)
    for board in boards:
        console.print(leaderboard_table(board))
        if board.warning:
            console.print(f"warning: {board.warning}", style="red")
        signature = board.entries[0].scores[board.metric].signature
        console.print(signature, style="dim", markup=False, soft_wrap=True)
        console.print()
