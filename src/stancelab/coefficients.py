"""Which n-grams does a linear classifier weigh most, for and against each label?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from stancelab.models.calibrated import CalibratedClassifier
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.records import Record

DIGITS = 6


class Weight(Record):
    """An n-gram's weight for a label: mean over the folds, least and most; a fold that never saw the n-gram has weight 0."""

    ngram: str
    mean: float
    low: float
    high: float


class NgramWeights(Record):
    """The n-grams of one kind ("word" or "char") that speak most for and most against a label, the strongest first.

    target: of a classifier for one target only; None for all targets together. folds: how many fitted classifiers know the label.
    """

    target: str | None
    kind: str
    label: str
    folds: int
    toward: list[Weight]
    away: list[Weight]


def weighs_ngrams(estimator: Any) -> bool:
    """Whether an estimator, fitted or not, is a linear classifier over n-grams, whatever is wrapped around it."""
    while isinstance(estimator, (CalibratedClassifier, PerTargetClassifier)):
        estimator = estimator.estimator
    return isinstance(estimator, NgramClassifier)


def ngram_classifiers(model: Any) -> dict[str | None, NgramClassifier]:
    """The fitted n-gram classifiers inside a fitted one, by target; None is the one for all, or all other, targets."""
    if isinstance(model, CalibratedClassifier):
        return ngram_classifiers(model.estimator_) if len(model.classes_) > 1 else {}
    if isinstance(model, PerTargetClassifier) and len(model.classes_) > 1:
        parts = [*model.of_target_.items(), *((None, other) for other in model.of_others_)]
        return {target: found for target, part in parts for found in ngram_classifiers(part).values()}
    return {None: model} if isinstance(model, NgramClassifier) and len(model.classes_) > 1 else {}


def weights_of(model: NgramClassifier) -> pd.DataFrame:
    """A row for each n-gram, a column for each label: the classifier's own weights, before any n-gram is counted.

    Of naive Bayes: the n-gram's log-probability given the label, less its mean over labels, as only differences decide.
    """
    names = model.vectorizer_.get_feature_names_out()
    head = model.head_
    if model.learner == "naive-bayes":
        found = head.feature_log_prob_ - head.feature_log_prob_.mean(axis=0)
    else:
        found = np.vstack([-head.coef_, head.coef_]) if len(head.coef_) == 1 else head.coef_
    return pd.DataFrame(found[:, : len(names)].T, index=names, columns=list(model.classes_))


def top_ngrams(models: Sequence[Any], *, most: int) -> list[NgramWeights]:
    """The `most` n-grams of each kind for and against each label, from the weights of models fitted to several folds."""
    of_target: dict[str | None, list[pd.DataFrame]] = {}
    for model in models:
        for target, classifier in ngram_classifiers(model).items():
            of_target.setdefault(target, []).append(weights_of(classifier))
    found = []
    for target, tables in of_target.items():
        for label in sorted({str(label) for table in tables for label in table}):
            of_label = [table[label] for table in tables if label in table]
            found += _of_label(pd.concat(of_label, axis=1).fillna(0.0), target, label, most)
    return found


def _of_label(weights: pd.DataFrame, target: str | None, label: str, most: int) -> list[NgramWeights]:
    """weights: a row for each n-gram, a column for each fold."""
    kinds = weights.index.str.split("__", n=1).str[0]
    found = []
    for kind in dict.fromkeys(kinds):
        part = weights[kinds == kind].rename(index=lambda name: name.split("__", 1)[1])
        mean = part.mean(axis=1).sort_values(kind="stable")
        toward, away = mean[mean > 0].index[::-1][:most], mean[mean < 0].index[:most]
        sides = [[_weight(name, part.loc[name]) for name in side] for side in (toward, away)]
        found.append(
            NgramWeights(target=target, kind=str(kind), label=label, folds=part.shape[1], toward=sides[0], away=sides[1])
        )
    return found


def _weight(name: str, folds: pd.Series) -> Weight:
    mean, low, high = (round(float(value), DIGITS) for value in (folds.mean(), folds.min(), folds.max()))
    return Weight(ngram=name, mean=mean, low=low, high=high)
