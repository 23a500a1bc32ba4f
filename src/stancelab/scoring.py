"""What do these predictions score, with which intervals, and under which signature?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError, suggestion
from stancelab.intervals import DRAWS, Interval, bootstraps
from stancelab.metrics import Metric, all_metrics, metric_named
from stancelab.predictions import Missing, Predictions, align, as_table, read_predictions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Score:
    """A metric's value with its 95 % cluster-bootstrap interval and the signature that says what it is a value of."""

    metric: str
    interval: Interval
    signature: str
    rows: int
    clusters: int
    replicates: int
    coverage: float
    part: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the interval as value, low and high."""
        plain = asdict(self)
        return {"metric": plain.pop("metric"), **plain.pop("interval"), **plain}


@cache
def package_version() -> str:
    """The installed version of stancelab."""
    return version("stancelab")


def signature(dataset: Dataset, *, protocol: str, seeds: Sequence[int], metric: Metric, prompt: str | None = None) -> str:
    """dataset@sha|scheme|protocol|seeds|metric|version: two scores with one signature are comparable.

    prompt: the sha of what a language model was asked, which stands before the metric.
    """
    drawn = ",".join(str(seed) for seed in seeds) or "none"
    asked = [f"prompt:{prompt}"] if prompt else []
    parts = [dataset.signature, dataset.scheme.name, protocol, f"seeds:{drawn}", *asked, metric.signature]
    return "|".join([*parts, f"stancelab:{package_version()}"])


def score_predictions(
    predictions: Predictions,
    metrics: Sequence[str],
    *,
    dataset: Dataset,
    protocol: str,
    seeds: Sequence[int],
    prompt: str | None = None,
    draws: int = DRAWS,
) -> list[Score]:
    """Each metric's mean over replicates, with the interval from resampling whole statements. prompt: as in `signature`."""
    intervals = intervals_of([predictions], [metrics], draws=draws)[0]
    return stated(intervals, predictions, dataset=dataset, protocol=protocol, seeds=seeds, prompt=prompt)


def intervals_of(
    systems: Sequence[Predictions], metrics: Sequence[Sequence[str]], *, draws: int = DRAWS
) -> list[dict[str, Interval]]:
    """The interval of each metric of each system, by name. systems: on the same rows; metrics: the names of each system's."""
    named = [[metric_named(name, system.scheme) for name in own] for system, own in zip(systems, metrics, strict=True)]
    alike = [
        (place, [metric for metric in own if metric.statistic is statistic])
        for place, own in enumerate(named)
        for statistic in dict.fromkeys(metric.statistic for metric in own)
    ]
    sums = (of_statistic[0].sums(systems[place]) for place, of_statistic in alike)
    found: list[dict[str, Interval]] = [{} for _ in systems]
    for (place, of_statistic), drawn in zip(alike, bootstraps(sums, draws=draws), strict=True):
        for metric in of_statistic:
            value = metric.of_totals(systems[place].scheme)
            found[place][metric.name] = drawn.interval(value, method=metric.interval)
    return [{metric.name: intervals[metric.name] for metric in own} for own, intervals in zip(named, found, strict=True)]


def stated(
    intervals: Mapping[str, Interval],
    predictions: Predictions,
    *,
    dataset: Dataset,
    protocol: str,
    seeds: Sequence[int],
    prompt: str | None = None,
) -> list[Score]:
    """Intervals of metrics, by name, as scores that state what they are of."""
    counts = (len(predictions.ids), len(set(predictions.groups)), predictions.replicates)
    return [
        Score(
            name,
            interval,
            signature(dataset, protocol=protocol, seeds=seeds, metric=metric_named(name, predictions.scheme), prompt=prompt),
            *counts,
            predictions.coverage,
        )
        for name, interval in intervals.items()
    ]


def score(
    predictions: "Path | str | pd.DataFrame",
    gold: "Path | str | Dataset",
    *,
    metrics: Sequence[str] | None = None,
    scheme: str | None = None,
    missing: Missing = "refuse",
    by: str | None = None,
) -> list[Score]:
    """Score any program's predictions (a file, or a DataFrame with id, label and where known p_<label>) against gold.

    gold: a dataset, its name, or a path. scheme: score in this label scheme, gold mapped to it by the declared crosswalk.
    metrics: names, all that apply if None. missing: "refuse" raises InputError for a gold row without a prediction, "wrong"
    counts it as an error. by: a column of gold, like target; each of its values is scored apart.
    """
    dataset = gold if isinstance(gold, Dataset) else load_dataset(gold)
    if scheme is not None:
        dataset = dataset.with_scheme(scheme)
    table = read_predictions(Path(predictions)) if isinstance(predictions, str | Path) else as_table(predictions)
    aligned = align(table, dataset, missing=missing)
    seeds = sorted({seed for seed, _ in aligned.keys}) if "seed" in table.columns else []
    scores = []
    for part, rows in _parts(dataset, by):
        chosen = aligned.where(rows)
        names = metrics or all_metrics(chosen)
        scored = score_predictions(
            chosen, names, dataset=dataset, protocol="as-given" + (f":{part}" if part else ""), seeds=seeds
        )
        scores += [replace(entry, part=part) for entry in scored]
    return scores


def _parts(dataset: Dataset, by: str | None) -> list[tuple[str | None, NDArray[np.bool_]]]:
    """Each value of a column with a mask of its rows; all rows under None where no column is named."""
    if by is None:
        return [(None, np.ones(len(dataset.rows), dtype=bool))]
    if by not in dataset.rows:
        raise InputError(f"{dataset.name}: no column {by!r}{suggestion(by, dataset.rows.columns).replace('Allowed', 'Columns')}")
    values = dataset.rows[by].astype(object)
    values = values.where(values.notna(), "none").astype(str)
    return [(f"{by}={value}", (values == value).to_numpy()) for value in dict.fromkeys(values)]
