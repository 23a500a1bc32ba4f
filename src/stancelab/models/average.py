"""Several classifiers whose probabilities are averaged."""

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from stancelab.errors import InputError
from stancelab.models.stance_classifier import StanceClassifier


class AverageClassifier(StanceClassifier):
    """The weighted mean of its members' probabilities.

    members: unfitted classifiers; in a recipe, the names of recipes, of which each gets a seed of its own, so that a name that
    stands twice is trained twice. weights: one a member, equal if None.
    """

    def __init__(self, *, members: Sequence[Any], weights: Sequence[float] | None = None) -> None:
        self.members = members
        self.weights = weights

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        weights = [1.0] * len(self.members) if self.weights is None else self.weights
        numbers = isinstance(weights, list | tuple) and all(isinstance(one, int | float) and 0 < one < inf for one in weights)
        if not numbers or not self.members or len(weights) != len(self.members):
            raise InputError(f"weights {weights!r}: expected a number above 0 for each of the {len(self.members)} members")
        self.shares_ = np.array(weights) / sum(weights)
        self.fitted_ = [clone(member).fit(X, labels) for member in self.members]

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        found = np.stack([model.predict_proba(X) for model in self.fitted_])
        return np.asarray((self.shares_[:, None, None] * found).sum(axis=0))
