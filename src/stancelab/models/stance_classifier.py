"""What do all classifiers here share: their labels, the case of one label only, and the prediction from probabilities?"""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin


class StanceClassifier(ClassifierMixin, BaseEstimator):
    """A scikit-learn classifier over text, actor and target. A subclass says how to learn and how to give probabilities."""

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Learn. X: DataFrame with text, actor, target; y: label names. With one label there is nothing to learn."""
        labels = np.asarray(y, dtype=object)
        self.classes_ = np.unique(labels)
        if len(self.classes_) > 1:
            self._learn(X, labels)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Shape (n, k), columns in the order of classes_."""
        if len(self.classes_) == 1 or len(X) == 0:
            return np.ones((len(X), len(self.classes_))) / len(self.classes_)
        return np.asarray(self._probabilities(X))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """The label of the highest probability, shape (n,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        """Fit to at least two labels, which classes_ already holds."""
        raise NotImplementedError

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities of at least one row, shape (n, k)."""
        raise NotImplementedError
