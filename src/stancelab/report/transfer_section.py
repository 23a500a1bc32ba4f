"""How well does a recipe do on a corpus that it was not trained on?"""

from collections.abc import Sequence
from typing import Any

from stancelab.leaderboard import Leaderboard
from stancelab.report.figures import as_svg, transfer_chart
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run
from stancelab.transfer import TransferCell, as_rows, transfer_matrix


def transfer_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """A heat map a recipe; None where the run pools no corpora."""
    cells = transfer_matrix(run)
    charts = transfer_charts(run, cells, boards[0].metric_title)
    if not charts:
        return None
    context = {"board": boards[0], "heat_maps": {name: as_svg(chart) for name, chart in charts.items()}}
    figures = {f"transfer-{name}": chart for name, chart in charts.items()}
    sheets = {f"transfer-{name}": transfer_sheet(cells, name) for name in charts}
    return Section("transfer", "Transfer", "transfer.html", context, figures, sheets)


def transfer_charts(run: Run, cells: Sequence[TransferCell], metric: str) -> dict[str, Any]:
    """The matrix of each recipe as a heat map; none of the recipes that do not read."""
    reading = [recipe.name for recipe in run.recipes if recipe.kind != "dummy"]
    of_recipe = {name: [cell for cell in cells if cell.recipe == name] for name in reading}
    return {name: transfer_chart(own, metric) for name, own in of_recipe.items() if own}


def transfer_sheet(cells: Sequence[TransferCell], recipe: str) -> Sheet:
    """A recipe's matrix as text; a star where the corpus' own rows were trained on."""
    header, rows = as_rows(cells, recipe)
    starred = [tuple(f"{cell.strip('*')} *" if cell.startswith("*") else cell for cell in row) for row in rows]
    return Sheet(tuple(header), tuple(starred))
