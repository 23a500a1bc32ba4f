"""Do probabilities hold what they say, and what does leaving the unsure rows unanswered gain?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError
from stancelab.intervals import DRAWS, Bootstrap, Interval, bootstrap, cluster_sums
from stancelab.metrics import BINS, confidence_bins
from stancelab.predictions import Predictions

Array = NDArray[np.float64]

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
STEPS = 100
"""The most steps of a risk-coverage curve: of more rows, those of about one hundredth enter together."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows whose highest probability lies between low and high: how many a repeat, its mean, and how often it was right."""

    low: float
    high: float
    rows: float
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class RiskPoint:
    """The share of wrong answers (risk) when the surest rows, to this share of all (coverage), are answered and no others."""

    coverage: float
    risk: float


@dataclass(frozen=True)
class Threshold:
    """What is answered, and how much of that is wrong, when rows whose highest probability is below `least` are left out.

    risk: None where nothing is left.
    """

    least: float
    coverage: Interval
    risk: Interval | None


@dataclass(frozen=True)
class Calibration:
    """What a recipe's probabilities are worth. area: under the risk-coverage curve (AURC), lower is better."""

    bins: tuple[ReliabilityBin, ...]
    curve: tuple[RiskPoint, ...]
    area: Interval
    thresholds: tuple[Threshold, ...]


def calibration(predictions: Predictions) -> Calibration:
    """Reliability, risk-coverage curve and thresholds. InputError for predictions without a probability for every label."""
    return Calibration(
        tuple(reliability(predictions)),
        tuple(risk_coverage(predictions)),
        area_under_risk(predictions),
        tuple(at_thresholds(predictions, THRESHOLDS)),
    )


def abstain(labels: Sequence[Any], probabilities: Any, below: float) -> NDArray[np.object_]:
    """The labels, None in the place of those whose row's highest probability is below `below`, or that has none.

    labels: shape (n,). probabilities: shape (n, k), NaN in a row without an answer. InputError for a threshold that is no
    probability. Source: Chow 1970, On optimum recognition error and reject tradeoff.

    >>> abstain(["favor", "against"], [[0.2, 0.8], [0.6, 0.4]], 0.7)
    array(['favor', None], dtype=object)
    """
    if not 0 <= below <= 1:
        raise InputError(f"abstain below {below}: expected a probability, between 0 and 1")
    highest = np.asarray(probabilities, dtype=float).max(axis=1, initial=-np.inf)
    kept = np.array(labels, dtype=object)
    if len(kept) != len(highest):
        raise InputError(f"{len(kept)} labels, but {len(highest)} rows of probabilities")
    kept[~(highest >= below)] = None
    return kept


def reliability(predictions: Predictions) -> list[ReliabilityBin]:
    """The bins that ECE is made of, those that hold a row, over all repeats together.

    Source: DeGroot and Fienberg 1983, The comparison and evaluation of forecasters.
    """
    totals = confidence_bins(predictions).sum(axis=(0, 1))
    return [
        ReliabilityBin(number / BINS, (number + 1) / BINS, count / predictions.replicates, sure / count, right / count)
        for number, (count, sure, right) in enumerate(totals.tolist())
        if count
    ]


def risk_coverage(predictions: Predictions) -> list[RiskPoint]:
    """The curve at steps of equal coverage, the mean over repeats; rows of equal confidence enter together.

    Source: El-Yaniv and Wiener 2010, On the foundations of noise-free selective classification.
    """
    steps = min(len(predictions.ids), STEPS)
    places = np.arange(1, steps + 1) / steps
    curves = []
    for levels in _levels(predictions):
        kept, wrong = levels.sum(axis=0).cumsum(axis=0).T
        step = np.searchsorted(kept / kept[-1], places - 1e-9)
        curves.append(wrong[step] / kept[step])
    means = np.mean(curves, axis=0)
    return [RiskPoint(coverage, risk) for coverage, risk in zip(places.tolist(), means.tolist(), strict=True)]


def area_under_risk(predictions: Predictions, *, draws: int = DRAWS) -> Interval:
    """AURC: the mean risk over all coverages, the mean over repeats, with its cluster-bootstrap interval.

    Rows keep in a draw the step of the curve that they have among all rows. Source: Geifman et al. 2019, Bias-reduced
    uncertainty estimation for deep neural classifiers.
    """
    levels = np.stack(list(_levels(predictions)), axis=1)
    resampled = bootstrap(cluster_sums(levels, predictions.groups), draws=draws)
    return resampled.interval(lambda totals: _area(totals).mean(axis=-1))


def at_thresholds(predictions: Predictions, leasts: Sequence[float], *, draws: int = DRAWS) -> Iterator[Threshold]:
    """Coverage and risk at each threshold, over all repeats together, with intervals; clusters are drawn once for all.

    Draws that keep no row have no risk.
    """
    confidence, wrong = _confidence_and_errors(predictions)
    kept = (confidence[..., None] >= np.array(leasts)).astype(float)
    rows = np.stack([np.ones_like(kept), kept, kept * wrong[..., None]], axis=3).sum(axis=0)
    every = bootstrap(cluster_sums(rows, predictions.groups), draws=draws)
    for place, least in enumerate(leasts):
        own = Bootstrap(every.sums[:, place], every.drawn[:, place])
        coverage = own.interval(lambda totals: totals[..., 1] / totals[..., 0])
        yield Threshold(least, coverage, own.interval(_risk) if kept[..., place].any() else None)


def _risk(totals: Array) -> Array:
    """The share of errors among the answered; NaN where nothing is answered. totals: shape (..., 3)."""
    answered, errors = totals[..., 1], totals[..., 2]
    return np.divide(errors, answered, out=np.full_like(errors, np.nan), where=answered > 0)


def _confidence_and_errors(predictions: Predictions) -> tuple[Array, Array]:
    """Each row's highest probability and whether its label is wrong, shape (r, n) each."""
    if predictions.probabilities is None:
        raise InputError("risk and coverage need a probability for every label of every row (columns p_<label>)")
    return predictions.probabilities.max(axis=2), (predictions.predicted != predictions.gold).astype(float)


def _levels(predictions: Predictions) -> Iterator[Array]:
    """For each repeat, every row and its error in the step at which it enters, the surest first: shape (n, steps, 2)."""
    rows = len(predictions.ids)
    steps = min(rows, STEPS)
    for confidence, wrong in zip(*_confidence_and_errors(predictions), strict=True):
        surer = rows - np.searchsorted(np.sort(confidence), confidence, side="right")
        enters = np.eye(steps)[surer * steps // rows]
        yield enters[:, :, None] * np.stack([np.ones(rows), wrong], axis=1)[:, None, :]


def _area(totals: Array) -> Array:
    """The area under the curve whose steps hold these rows and errors: shape (..., steps, 2) to (...)."""
    kept, wrong = np.moveaxis(totals.cumsum(axis=-2), -1, 0)
    risk = np.divide(wrong, kept, out=np.zeros_like(kept), where=kept > 0)
    return np.asarray((totals[..., 0] * risk).sum(axis=-1) / totals[..., 0].sum(axis=-1))
