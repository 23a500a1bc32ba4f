"""How do the predictions fare on parts of the rows: one actor, one mode of statement?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stancelab.errors import InputError
from stancelab.intervals import DRAWS, Interval, cluster_sums, percentile_interval, resample
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
        sums = cluster_sums(np.moveaxis(metric.statistic(part), 1, 0), part.groups)
        drawn = metric.value(resample(sums, draws=DRAWS, seed=0), part.scheme).mean(axis=-1)
        found.append(Slice(value, len(part.ids), len(sums), percentile_interval(metric(part), drawn)))
    return sorted(found, key=lambda entry: (-entry.rows, entry.value))
