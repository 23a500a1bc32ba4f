"""What do leaderboards and reproductions look like in a terminal?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stancelab.audit import Audit
from stancelab.leaderboard import Leaderboard
from stancelab.metrics import METRICS
from stancelab.report.audit_tables import WIDTH_NOTE, Grid, cautions, findings, grids
from stancelab.report.results import score_text, versus_cells
from stancelab.report.section import DASH, Sheet
from stancelab.reproduction import Outcome, Reproduction, verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

ON_PAGES_ONLY = ("accuracy", "soft_cross_entropy", "jensen_shannon")
"""Metrics for which a terminal has no room."""
FAMILY_STYLES = {"baseline": "yellow", "transformer": "bold cyan", "audit": "dim"}


def leaderboard_table(board: Leaderboard) -> "Table":
    """The primary score with its interval, most other metrics' values, and the difference to the best baseline."""
    from rich.table import Table

    others = [name for name in board.metrics if name not in (board.metric, *ON_PAGES_ONLY)]
    table = Table(title=board.title, title_justify="left", caption=board.verdict, caption_justify="left")
    table.add_column("recipe", no_wrap=True)
    table.add_column(f"{board.metric_title} [95 %]", no_wrap=True)
    table.add_column("vs best baseline", no_wrap=True)
    table.add_column("p (Holm)", justify="right")
    for name in others:
        table.add_column(METRICS[name].title, justify="right")
    if board.coverage_note:
        table.add_column("coverage", justify="right")
    for entry in board.entries:
        values = [f"{entry.scores[name].interval.value:.3f}" if name in entry.scores else DASH for name in others]
        values += [f"{entry.predictions.coverage:.1%}"] if board.coverage_note else []
        row = [entry.recipe.name, score_text(entry, board.metric), *versus_cells(entry, board), *values]
        table.add_row(*(cell.replace("[", r"\[") for cell in row), style=FAMILY_STYLES[entry.recipe.family])
    return table


def print_leaderboards(boards: Sequence[Leaderboard]) -> None:
    """Print every leaderboard, with the signature of its first score."""
    console = _console()
    for board in boards:
        console.print(leaderboard_table(board))
        for pair in board.planned:
            _say(console, f"planned: {pair.a} minus {pair.b}: {pair.difference}, p = {pair.p_holm:.4f} after Holm's correction")
        if board.coverage_note:
            _say(console, board.coverage_note)
        if board.warning:
            console.print(f"warning: {board.warning}", style="red")
        signature = board.entries[0].scores[board.metric].signature
        console.print(signature, style="dim", markup=False, soft_wrap=True)
        console.print()


def reproduction_table(numbers: Sequence[Reproduction], *, published: bool) -> "Table":
    """A line a number: recipe, metric, expected, observed, difference, PASS or FAIL. published: with what others published."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for name in ("recipe", "metric", "expected"):
        table.add_column(name, overflow="fold")
    for name in ("observed", "difference", *(("published", "observed minus published") if published else ())):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("", no_wrap=True)
    for number in numbers:
        wanted, gap = number.expected, number.from_published
        cells = [wanted.recipe, wanted.metric, f"{wanted.value:.4f} ± {wanted.tolerance}", f"{number.observed:.4f}"]
        cells.append(f"{number.difference:+z.4f}")
        if published:
            cells += ["", ""] if gap is None else [f"{wanted.published:.4f}", f"{gap:+z.4f}"]
        table.add_row(*map(Text, [*cells, number.verdict]), style="" if number.passed else "bold red")
    return table


def print_outcome(outcome: Outcome) -> None:
    """Print the matrix of one experiment, a table a setting."""
    console = _console()
    published = any(number.expected.published is not None for number in outcome.numbers)
    for (scheme, protocol), recipes in outcome.settings.items():
        numbers = [number for of_recipe in recipes.values() for number in of_recipe]
        _say(console, f"{outcome.plan.name}: {scheme}, {protocol}", style="bold")
        console.print(reproduction_table(numbers, published=published))


def print_verdict(outcomes: Sequence[Outcome]) -> None:
    """Print every number that is off, the summary of each experiment, and one line over all."""
    console = _console()
    for number in (number for outcome in outcomes for number in outcome.failures):
        _say(console, number.line, style="red")
    for outcome in outcomes:
        _say(console, outcome.summary)
    _say(console, verdict(outcomes), style="bold")


def print_sheet(title: str, sheet: Sheet) -> None:
    """Print a table of a report, words folded where the line ends."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for place, name in enumerate(sheet.header):
        table.add_column(name, overflow="fold", no_wrap=place == 0)
    for row in sheet.rows:
        table.add_row(*map(Text, row))
    _console().print(table)


def grid_table(grid: Grid) -> "Table":
    """A line a recipe: each value above its interval."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=grid.title, title_justify="left")
    for name in ("recipe", *grid.columns):
        table.add_column(name.replace("-", " "), no_wrap=name == "recipe")
    for recipe, cells in grid.lines:
        table.add_row(recipe, *(Text(DASH if cell is None else f"{cell.value}\n{cell.bounds}") for cell in cells))
    return table


def print_audit(audit: Audit) -> None:
    """Print the pass rates of every audited recipe, then what may be said of them and what has to be known."""
    console = _console()
    for grid in grids(audit, audit.metric):
        console.print(grid_table(grid))
    for sentence in findings(audit):
        _say(console, sentence)
    for caution in cautions(audit):
        _say(console, caution, style="red")
    _say(console, WIDTH_NOTE, style="dim")


def _console() -> "Console":
    import sys

    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 170, highlight=False)


def _say(console: "Console", line: str, *, style: str = "") -> None:
    console.print(line, style=style, markup=False, soft_wrap=True, emoji=False)
