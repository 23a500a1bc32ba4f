"""Which errors were the surest?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stancelab.leaderboard import Leaderboard
from stancelab.report.label_marks import classes
from stancelab.report.section import Section
from stancelab.runs import Run

ERRORS_SHOWN = 20
ERRORS_OF_ONE = 4


@dataclass(frozen=True)
class ConfidentError:
    """A wrong prediction and the mean probability that its label got."""

    recipe: str
    row: dict[str, Any]
    label: str
    probability: float


def hardest_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Wrong predictions with the highest mean probability; None where there are none."""
    rows = [{str(key): value for key, value in row.items()} for row in boards[0].dataset.rows.to_dict("records")]
    errors = _confident_errors(boards[0], rows)
    context = {"errors": errors, "class_of": classes(boards[0].dataset.scheme)}
    return Section("hardest", "The most confident errors", "hardest.html", context) if errors else None


def _confident_errors(board: Leaderboard, rows: Sequence[dict[str, Any]]) -> list[ConfidentError]:
    found = []
    for entry in board.entries:
        if entry.recipe.family == "audit" or entry.predictions.probabilities is None or entry.recipe.kind == "dummy":
            continue
        means = entry.predictions.probabilities.mean(axis=0)
        for number in np.flatnonzero(means.argmax(axis=1) != entry.predictions.gold):
            label = board.dataset.scheme.labels[int(means[number].argmax())]
            found.append(ConfidentError(entry.recipe.name, rows[int(number)], label, float(means[number].max())))
    ranked = sorted(found, key=lambda error: -error.probability)
    shown: Counter[str] = Counter()
    few = []
    for error in ranked:
        if shown[error.recipe] < ERRORS_OF_ONE:
            few.append(error)
            shown[error.recipe] += 1
    return few[:ERRORS_SHOWN]
