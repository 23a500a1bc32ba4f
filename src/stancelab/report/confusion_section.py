"""Which labels does each recipe take for which?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stancelab.leaderboard import Entry, Leaderboard
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run

NONE_GIVEN = "none given"


def confusion_section(run: Run, boards: Sequence[Leaderboard]) -> Section:
    """A matrix a recipe, gold down and predicted across, each cell a link to its rows."""
    board = boards[0]
    labels = board.dataset.scheme.labels
    context: dict[str, Any] = {
        "board": board,
        "labels": labels,
        "none_given": NONE_GIVEN,
        "columns": (*labels, NONE_GIVEN),
        "matrices": {entry.recipe.name: confusion(entry) for entry in board.entries},
    }
    lines = [
        (name, gold, *(f"{value:.1f}" for value in line), *("0.0" for _ in range(len(labels) + 1 - len(line))))
        for name, matrix in context["matrices"].items()
        for gold, line in zip(labels, matrix, strict=True)
    ]
    sheet = Sheet(("recipe", "gold", *(f"predicted {label}" for label in context["columns"])), tuple(lines))
    return Section("confusion", "Confusion", "confusion.html", context, sheets={"confusion": sheet})


def confusion(entry: Entry) -> list[list[float]]:
    """Mean counts over repeats, gold labels down, predicted labels across; then rows without an answer, where there are any."""
    width = len(entry.predictions.scheme.labels)
    counts = np.zeros((width, width + 1))
    for replicate in entry.predictions.predicted:
        np.add.at(counts, (entry.predictions.gold, replicate), 1)
    shown = counts if entry.predictions.coverage < 1 else counts[:, :width]
    means: list[list[float]] = (shown / entry.predictions.replicates).tolist()
    return means
