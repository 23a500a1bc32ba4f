"""How do the predictions fare on parts of the rows: one actor, one mode of statement?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stancelab.errors import InputError
from stancelab.intervals import DRAWS, Interval, bootstrap
from stancelab.metrics import METRICS
from stancelab.predictions import Predictions


@dataclass(frozen=True)
class Slice:
    """Accuracy over the rows that share a value, with its cluster-bootstrap interval."""

    value: str
    rows: int
    clusters: int
    accuracy: Interval


def slices(predictions: Predictions, values: Sequence[str]) -> list[Slice]:
    """One slice for each distinct value, the largest first. values: one a row, shape (n,).

    Accuracy, because most slices hold one or two labels only, for which averages over labels mean little.
    """
    metric = METRICS["accuracy"]
    found = []
    if len(values) != len(predictions.ids):
        raise InputError(f"{len(values)} values for {len(predictions.ids)} rows")
    for value in dict.fromkeys(values):
        part = predictions.where(np.array([other == value for other in values]))
        sums = metric.sums(part)
        accuracy = bootstrap(sums, draws=DRAWS).interval(metric.of_totals(part.scheme))
        found.append(Slice(value, len(part.ids), len(sums), accuracy))
    return sorted(found, key=lambda entry: (-entry.rows, entry.value))
