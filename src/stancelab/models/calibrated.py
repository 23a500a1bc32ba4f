"""A classifier whose probabilities are corrected by what it says of training rows that it has not seen."""

from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.isotonic import IsotonicRegression

from stancelab.errors import unknown
from stancelab.models import Method
from stancelab.models.inputs import column
from stancelab.models.probabilities import SMALLEST, Curve, along, tempered
from stancelab.models.saving import dump_learnt, load, load_learnt, save
from stancelab.models.selection import inner_folds
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.records import make_folder

LEAST, MOST = 1 / 20, 20_000
"""Bounds of the temperature. It would fall to 0, which is certainty, where every held-out row is right by chance."""


class CalibratedClassifier(StanceClassifier):
    """Fits a copy of `estimator` to all rows and corrects its probabilities by those of held-out rows.

    The held-out rows are those of inner folds, rows of one text together: as many folds as the rarest label has rows, at most
    `folds`. "temperature" divides the log-probabilities by the one number that has the lowest log loss, which leaves their order
    (Guo et al. 2017, On calibration of modern neural networks, section 4.2). "isotonic" bends each label's probability along a
    rising curve, and divides by the sum (Zadrozny and Elkan 2002, Transforming classifier scores into accurate multiclass
    probability estimates); it can say that a label is impossible. With fewer than `least` held-out rows such a curve overfits
    (Niculescu-Mizil and Caruana 2005, Predicting good probabilities with supervised learning), and the temperature is taken.
    Where the rows are too few for two folds the probabilities stay as they are. A row without an answer keeps none.
    """

    def __init__(
        self, estimator: Any, *, method: Method = "temperature", folds: int = 5, least: int = 1000, random_state: int = 0
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.folds = folds
        self.least = least
        self.random_state = random_state

    def save(self, folder: Path) -> None:
        """Write the correction into a folder, and the classifier's own files into a folder in it."""
        dump_learnt(self, folder, without=("estimator_",))
        if len(self.classes_) > 1:
            make_folder(folder / "estimator")
            save(self.estimator_, folder / "estimator")

    def load(self, folder: Path) -> Self:
        """Take up what `save` wrote."""
        load_learnt(self, folder)
        if len(self.classes_) > 1:
            self.estimator_ = load(clone(self.estimator), folder / "estimator")
        return self

    def without_training(self) -> Self:
        """Ready without any training row, if `estimator` can be; its probabilities then stay as they are."""
        if not isinstance(self.estimator, StanceClassifier):
            return super().without_training()
        self.estimator_ = clone(self.estimator).without_training()
        self.classes_ = self.estimator_.classes_
        self._leave_as_they_are()
        return self

    def _leave_as_they_are(self) -> None:
        self.temperature_: float | None = None
        self.curves_: list[Curve] = []

    def _labels(self, labels: np.ndarray) -> np.ndarray:
        return np.asarray(getattr(self.estimator, "_labels", np.unique)(labels))

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        if self.method not in get_args(Method):
            raise unknown("calibration", self.method, get_args(Method))
        held_out = self._held_out(X, labels)
        answered = ~np.isnan(held_out).any(axis=1)
        truth = labels[answered, None] == self.classes_
        self._leave_as_they_are()
        if self.method == "isotonic" and answered.sum() >= max(1, self.least):
            self.curves_ = rising_curves(held_out[answered], truth)
        elif answered.any():
            self.temperature_ = best_temperature(np.log(held_out[answered] + SMALLEST), truth)
        self.estimator_ = clone(self.estimator).fit(X, labels)

    def _held_out(self, X: pd.DataFrame, labels: np.ndarray) -> np.ndarray:
        """What the classifier says of each row when it is fitted to the other folds; NaN where there is no such fold."""
        texts = column(X, "text")
        _, counts = np.unique(labels, return_counts=True)
        folds = min(self.folds, int(counts.min()), len(set(texts)) // 2)
        found = np.full((len(X), len(self.classes_)), np.nan)
        for train, rest in inner_folds(labels, texts, folds=folds, seed=self.random_state) if folds > 1 else []:
            found[rest] = clone(self.estimator).fit(X.iloc[train], labels[train]).predict_proba(X.iloc[rest])
        return found

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        given = np.asarray(self.estimator_.predict_proba(X), dtype=float)
        if self.curves_:
            return along(given, self.curves_)
        return given if self.temperature_ is None else tempered(given, self.temperature_)


def best_temperature(log_probabilities: np.ndarray, truth: np.ndarray, *, spread: float | None = None) -> float:
    """The number between LEAST and MOST by which to divide log-probabilities, shape (n, k), for the lowest log loss.

    truth: which label each row has, shape (n, k). spread: few rows say little of it; its logarithm is then normal around 0
    beforehand, with this as standard deviation, and what comes back is the likeliest afterwards. Above 1 the probabilities were
    too sure, below 1 not sure enough.

    >>> sure = np.log([[0.9, 0.1]] * 3)
    >>> truth = np.array([[True, False], [True, False], [False, True]])
    >>> round(best_temperature(sure, truth), 2), round(best_temperature(sure, truth, spread=0.5), 2)
    (3.17, 1.27)
    """

    def log_loss(log_temperature: float) -> float:
        misfit = -float(log_softmax(log_probabilities / np.exp(log_temperature), axis=1)[truth].mean())
        return misfit if spread is None else misfit + (log_temperature / spread) ** 2 / 2 / len(truth)

    found = minimize_scalar(log_loss, bounds=(np.log(LEAST), np.log(MOST)), method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x))


def rising_curves(probabilities: np.ndarray, truth: np.ndarray) -> list[Curve]:
    """For each label the rising curve from its probability to how often it is right that fits best, by least squares."""
    fits = [IsotonicRegression().fit(given, right) for given, right in zip(probabilities.T, truth.T, strict=True)]
    return [(fit.X_thresholds_, fit.y_thresholds_) for fit in fits]
