"""What do all classifiers here share: their labels, the case of one label only, the prediction, what is kept of them?"""

from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from stancelab.errors import InputError
from stancelab.models.probabilities import most_probable
from stancelab.models.saving import dump_learnt, load_learnt


class StanceClassifier(ClassifierMixin, BaseEstimator):
    """A scikit-learn classifier over text, actor and target. A subclass says how to learn and how to give probabilities.

    holds_weights: whether `save` writes every weight that it predicts with; else its encoder is needed wherever it is loaded.
    remote: whether it asks a server; its cells are computed one after the other, as it asks many questions at once.
    """

    holds_weights = False
    remote = False

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Learn. X: DataFrame with text, actor, target; y: label names. With one label there is nothing to learn."""
        labels = np.asarray(y, dtype=object)
        self.classes_ = self._labels(labels)
        if len(self.classes_) > 1:
            self._learn(X, labels)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Shape (n, k), columns in the order of classes_; NaN in the rows that got no answer."""
        if len(self.classes_) == 1 or len(X) == 0:
            return np.ones((len(X), len(self.classes_))) / len(self.classes_)
        return np.asarray(self._probabilities(X))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """The label of the highest probability, shape (n,); None in the rows that got no answer."""
        return most_probable(self.predict_proba(X), self.classes_)

    def answers(self, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Labels, shape (n,), None where there is no answer; their probabilities, shape (n, k), NaN in rows without any."""
        probabilities = self.predict_proba(X)
        return most_probable(probabilities, self.classes_), probabilities

    def save(self, folder: Path) -> None:
        """Write what was learnt into a folder, as files that run no code when they are read."""
        dump_learnt(self, folder)

    def load(self, folder: Path) -> Self:
        """Take up what `save` wrote; the parameters are this object's."""
        load_learnt(self, folder)
        return self

    def without_training(self) -> Self:
        """Ready to predict without any training row. InputError for a classifier that has to learn."""
        raise InputError(f"{type(self).__name__} has to be trained first: stancelab train RECIPE DATASET -o MODEL_DIR")

    def _labels(self, labels: np.ndarray) -> np.ndarray:
        """The labels that can be predicted, sorted, given those of the training rows."""
        return np.unique(labels)

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        """Fit to at least two labels, which classes_ already holds."""
        raise NotImplementedError

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities of at least one row, shape (n, k)."""
        raise NotImplementedError


def answers_of(model: Any, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """`StanceClassifier.answers` of any classifier."""
    return model.answers(X) if hasattr(model, "answers") else (model.predict(X), model.predict_proba(X))
