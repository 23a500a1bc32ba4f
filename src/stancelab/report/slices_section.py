"""How do the recipes fare on parts of the rows?"""

from collections.abc import Sequence

from stancelab.leaderboard import Leaderboard
from stancelab.report.section import Section
from stancelab.runs import Run
from stancelab.slices import Slice, slices

SLICED = {"mode": "mode of the statement", "actor": "actor", "target": "target", "corpus": "corpus"}
MOST_SLICES = 60


def slices_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Accuracy by mode, actor, target and corpus in the primary setting; None where no column has a few values."""
    tables = _slice_tables(boards[0])
    return Section("slices", "Slices", "slices.html", {"board": boards[0], "slice_tables": tables}) if tables else None


def _slice_tables(board: Leaderboard) -> list[tuple[str, list[tuple[Slice, list[Slice]]]]]:
    """Per mode and per actor: for each value, the slices of every recipe in leaderboard order."""
    tables = []
    for column, title in SLICED.items():
        values = [str(value) for value in board.dataset.rows.get(column, [])]
        if not 2 <= len(set(values)) <= MOST_SLICES:
            continue
        columns = [slices(entry.predictions, values) for entry in board.entries]
        tables.append((title, [(row[0], list(row)) for row in zip(*columns, strict=True)]))
    return tables
