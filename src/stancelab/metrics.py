"""What is a set of predictions worth, as a number?

Every metric is a function of totals: a statistic of each row, summed over rows. So one definition gives the value, its
bootstrap draws (totals of resampled clusters) and its randomisation draws (totals of swapped clusters), all vectorised.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError, unknown
from stancelab.intervals import Method, Value, cluster_sums
from stancelab.labels import LabelScheme
from stancelab.predictions import Predictions

Array = NDArray[np.float64]
Statistic = Callable[[Predictions], Array]

BINS = 10
MOST_TARGETS = 20
"""A mean over more targets than this rests on a handful of rows each."""
HIT, GOLD, PREDICTED = 0, 1, 2


def tallies(predictions: Predictions) -> Array:
    """Each row's hits, gold and predicted labels as indicators, shape (r, n, 3, k + 1); the last column is 'no prediction'."""
    width = len(predictions.scheme.labels) + 1
    gold = np.broadcast_to(np.eye(width)[predictions.gold], (*predictions.predicted.shape, width))
    predicted = np.eye(width)[predictions.predicted]
    return np.stack([gold * predicted, gold, predicted], axis=2)


def tallies_of_targets(predictions: Predictions) -> Array:
    """The tallies of each row in the place of its target, shape (r, n, t, 3, k + 1). InputError for too few or many targets."""
    names = list(dict.fromkeys(predictions.targets))
    if not 1 <= len(names) <= MOST_TARGETS:
        raise InputError(f"a mean over targets needs 1 to {MOST_TARGETS} targets; the rows have {len(names)}")
    targets = np.eye(len(names))[[names.index(target) for target in predictions.targets]]
    return np.asarray(tallies(predictions)[:, :, None] * targets[None, :, :, None, None])


def losses(predictions: Predictions) -> Array:
    """Each row's log loss, Brier score and 1, shape (r, n, 3)."""
    probabilities = _probabilities(predictions)
    truth = np.eye(probabilities.shape[2])[predictions.gold]
    of_truth = (probabilities * truth).sum(axis=2)
    log_loss = -np.log(np.clip(of_truth, np.finfo(float).eps, 1.0))
    brier = ((probabilities - truth) ** 2).sum(axis=2)
    return np.stack([log_loss, brier, np.ones_like(brier)], axis=2)


def confidence_bins(predictions: Predictions) -> Array:
    """Each row in the bin of its highest probability: count, that probability, correct or not; shape (r, n, BINS, 3)."""
    probabilities = _probabilities(predictions)
    confidence = probabilities.max(axis=2)
    correct = probabilities.argmax(axis=2) == predictions.gold
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    facts = np.stack([np.ones_like(confidence), confidence, correct.astype(float)], axis=2)
    return np.asarray(np.eye(BINS)[bins][..., None] * facts[:, :, None, :])


def _probabilities(predictions: Predictions) -> Array:
    if predictions.probabilities is None:
        raise InputError("this metric needs a probability for every label of every row (columns p_<label>)")
    return predictions.probabilities


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0)


def _f1_of_labels(totals: Array) -> Array:
    both = totals[..., GOLD, :-1] + totals[..., PREDICTED, :-1]
    return _ratio(2 * totals[..., HIT, :-1], both)


def _precision_of_labels(totals: Array) -> Array:
    return _ratio(totals[..., HIT, :-1], totals[..., PREDICTED, :-1])


def _recall_of_labels(totals: Array) -> Array:
    return _ratio(totals[..., HIT, :-1], totals[..., GOLD, :-1])


def _macro_f1(totals: Array, scheme: LabelScheme) -> Array:
    return np.asarray(_f1_of_labels(totals).mean(axis=-1))


def _favor_against_f1(totals: Array, scheme: LabelScheme) -> Array:
    if scheme.favor is None or scheme.against is None:
        raise InputError(f"favor_against_f1: scheme {scheme.name!r} does not say which labels are favor and against")
    sides = scheme.codes([scheme.favor, scheme.against])
    return np.asarray(_f1_of_labels(totals)[..., sides].mean(axis=-1))


def _mean_over_targets(value: "Callable[[Array, LabelScheme], Array]") -> "Callable[[Array, LabelScheme], Array]":
    return lambda totals, scheme: np.asarray(value(totals, scheme).mean(axis=-1))


def _accuracy(totals: Array, scheme: LabelScheme) -> Array:
    return _ratio(totals[..., HIT, :].sum(axis=-1), totals[..., GOLD, :].sum(axis=-1))


def _balanced_accuracy(totals: Array, scheme: LabelScheme) -> Array:
    return np.asarray(_recall_of_labels(totals).mean(axis=-1))


def _mcc(totals: Array, scheme: LabelScheme) -> Array:
    hits, gold, predicted = totals[..., HIT, :].sum(axis=-1), totals[..., GOLD, :], totals[..., PREDICTED, :]
    count = gold.sum(axis=-1)
    above = hits * count - (gold * predicted).sum(axis=-1)
    below = np.sqrt((count**2 - (gold**2).sum(axis=-1)) * (count**2 - (predicted**2).sum(axis=-1)))
    return _ratio(above, below)


def _mean_loss(column: int) -> "Callable[[Array, LabelScheme], Array]":
    return lambda totals, scheme: _ratio(totals[..., column], totals[..., 2])


def _ece(totals: Array, scheme: LabelScheme) -> Array:
    gaps = np.abs(totals[..., 1] - totals[..., 2]).sum(axis=-1)
    return _ratio(gaps, totals[..., 0].sum(axis=-1))


@dataclass(frozen=True)
class Metric:
    """A metric: its name and title, the statistic it sums, its value from totals ((..., *s) to (...)), its stated choices.

    interval: the method whose intervals of it cover (experiments/statistics).
    """

    name: str
    title: str
    statistic: Statistic
    value: Callable[[Array, LabelScheme], Array]
    better: Literal["higher", "lower"] = "higher"
    choices: str = ""
    interval: Method = "bca"

    @property
    def signature(self) -> str:
        """Name and choices, as printed beside every score."""
        return f"{self.name}({self.choices})" if self.choices else self.name

    def sums(self, predictions: Predictions) -> Array:
        """The statistic summed over the rows of each group, shape (groups, r, *s)."""
        return cluster_sums(np.moveaxis(self.statistic(predictions), 1, 0), predictions.groups)

    def of_totals(self, scheme: LabelScheme) -> Value:
        """The mean over replicates of the value, as a function of totals: (..., r, *s) to (...)."""
        return lambda totals: np.asarray(self.value(totals, scheme).mean(axis=-1))

    def __call__(self, predictions: Predictions) -> float:
        """The mean over replicates of the value over all rows."""
        return float(self.of_totals(predictions.scheme)(self.statistic(predictions).sum(axis=1)))


METRICS: dict[str, Metric] = {
    "macro_f1": Metric("macro_f1", "macro-F1", tallies, _macro_f1, choices="absent=0,pooled"),
    "favor_against_f1": Metric("favor_against_f1", "F1 favor/against", tallies, _favor_against_f1, choices="absent=0,pooled"),
    "favor_against_f1_per_target": Metric(
        "favor_against_f1_per_target",
        "F1 favor/against, mean of targets",
        tallies_of_targets,
        _mean_over_targets(_favor_against_f1),
        choices="absent=0,mean-over-targets",
    ),
    "macro_f1_per_target": Metric(
        "macro_f1_per_target",
        "macro-F1, mean of targets",
        tallies_of_targets,
        _mean_over_targets(_macro_f1),
        choices="absent=0,mean-over-targets",
    ),
    "balanced_accuracy": Metric("balanced_accuracy", "balanced acc.", tallies, _balanced_accuracy, choices="absent=0"),
    "mcc": Metric("mcc", "MCC", tallies, _mcc),
    "accuracy": Metric("accuracy", "accuracy", tallies, _accuracy),
    "log_loss": Metric("log_loss", "log loss", losses, _mean_loss(0), "lower", "nats,clip=eps", "log-t"),
    "brier": Metric("brier", "Brier", losses, _mean_loss(1), "lower", "sum-over-labels", "log-t"),
    "ece": Metric("ece", "ECE", confidence_bins, _ece, "lower", f"bins={BINS},equal-width", "unbiased-t"),
}

PER_LABEL: dict[str, Callable[[Array], Array]] = {
    "precision": _precision_of_labels,
    "recall": _recall_of_labels,
    "f1": _f1_of_labels,
}


def label_metric(kind: str, label: str, scheme: LabelScheme) -> Metric:
    """Precision, recall or F1 of one label, named like `f1:favor`."""
    if label not in scheme.labels:
        raise unknown(f"label in scheme {scheme.name!r}:", label, scheme.labels)
    of_labels, code = PER_LABEL[kind], scheme.labels.index(label)

    def value(totals: Array, _: LabelScheme) -> Array:
        return of_labels(totals)[..., code]

    return Metric(f"{kind}:{label}", f"{kind} of {label}", tallies, value, choices="absent=0")


def metric_named(name: str, scheme: LabelScheme) -> Metric:
    """A metric by name, `f1:favor` and its like included; InputError names the nearest."""
    kind, _, label = name.partition(":")
    if label and kind in PER_LABEL:
        return label_metric(kind, label, scheme)
    if name not in METRICS:
        raise unknown("metric", name, [*METRICS, *(f"{kind}:LABEL" for kind in PER_LABEL)])
    return METRICS[name]


def all_metrics(predictions: Predictions) -> list[str]:
    """The names of every metric that the predictions allow; means over targets where there are 2 to 20 of them."""
    scheme, targets = predictions.scheme, set(predictions.targets)
    sides = scheme.favor is not None and scheme.against is not None
    names = [
        name
        for name, metric in METRICS.items()
        if (predictions.probabilities is not None or metric.statistic in (tallies, tallies_of_targets))
        and (metric.statistic is not tallies_of_targets or 2 <= len(targets) <= MOST_TARGETS)
        and (sides or not name.startswith("favor_against_f1"))
    ]
    return names + [f"{kind}:{label}" for label in scheme.labels for kind in PER_LABEL]


def _of_labels(metric: Metric, gold: Sequence[str], predicted: Sequence[str], scheme: LabelScheme) -> float:
    if len(gold) != len(predicted):
        raise InputError(f"{len(gold)} gold labels, but {len(predicted)} predicted ones")
    names = tuple(str(number) for number in range(len(gold)))
    gold_codes = np.array(scheme.codes(gold), dtype=np.int64)
    predicted_codes = np.array([scheme.codes(predicted)], dtype=np.int64)
    return metric(Predictions(scheme, names, names, gold_codes, predicted_codes, None, ((0, 0),)))


def macro_f1(gold: Sequence[str], predicted: Sequence[str], *, labels: Sequence[str]) -> float:
    """Mean of the F1 of every label in `labels`.

    gold, predicted: label names, shape (n,). A label absent from both counts as 0.

    >>> macro_f1(["favor", "none"], ["favor", "none"], labels=["favor", "none"])
    1.0
    """
    return _of_labels(METRICS["macro_f1"], gold, predicted, LabelScheme("given", tuple(labels)))


def favor_against_f1(gold: Sequence[str], predicted: Sequence[str], *, favor: str = "favor", against: str = "against") -> float:
    """Mean of F1(favor) and F1(against) over the pooled rows, every other label counted as an error only.

    gold, predicted: label names, shape (n,). A label absent from both counts as 0, so that a
    bootstrap draw that loses a rare stance lowers the score instead of dropping the class.
    Source: Mohammad et al. 2016, SemEval-2016 Task 6, section 4.

    >>> favor_against_f1(["favor", "none", "against"], ["favor", "against", "against"])
    0.8333333333333333
    """
    labels = tuple(dict.fromkeys([favor, against, *gold, *predicted]))
    scheme = LabelScheme("given", labels, favor=favor, against=against)
    return _of_labels(METRICS["favor_against_f1"], gold, predicted, scheme)
