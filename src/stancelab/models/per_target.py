"""One classifier for each target, and one for the targets that have too few rows."""

from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone

from stancelab.models.inputs import column
from stancelab.models.saving import dump_learnt, load, load_learnt, save
from stancelab.models.stance_classifier import StanceClassifier


class PerTargetClassifier(StanceClassifier):
    """Fits a copy of `estimator` to the rows of each target with `least` rows or more.

    Other targets get a copy that is fitted to all rows; where every target has its own copy, a target that was never seen gets
    the mean of all copies' probabilities. Source: Mohammad et al. 2016, SemEval-2016 Task 6: one classifier per target.
    """

    def __init__(self, estimator: Any, *, least: int = 100) -> None:
        self.estimator = estimator
        self.least = least

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        targets = np.array(column(X, "target"), dtype=object)
        names, counts = np.unique(targets, return_counts=True)
        own = [name for name, count in zip(names, counts, strict=True) if count >= self.least]
        self.of_target_ = {name: self._fitted(X, labels, targets == name) for name in own}
        self.targets_ = [str(name) for name in own]
        self.of_others_ = [] if len(own) == len(names) else [self._fitted(X, labels, np.ones(len(X), dtype=bool))]

    def save(self, folder: Path) -> None:
        """Write each classifier into a folder of its own."""
        dump_learnt(self, folder, without=("of_target_", "of_others_"))
        if len(self.classes_) > 1:
            for number, model in enumerate([*self.of_target_.values(), *self.of_others_]):
                save(model, folder / f"classifier{number:04d}")

    def load(self, folder: Path) -> Self:
        """Take up what `save` wrote."""
        load_learnt(self, folder)
        if len(self.classes_) > 1:
            models = [load(clone(self.estimator), place) for place in sorted(folder.glob("classifier*"))]
            self.of_target_ = dict(zip(self.targets_, models, strict=False))
            self.of_others_ = models[len(self.targets_) :]
        return self

    def _fitted(self, X: pd.DataFrame, labels: np.ndarray, rows: np.ndarray) -> Any:
        return clone(self.estimator).fit(X[rows], labels[rows])

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        targets = np.array(column(X, "target"), dtype=object)
        found = np.zeros((len(X), len(self.classes_)))
        for name in dict.fromkeys(targets):
            rows = targets == name
            models = [self.of_target_[name]] if name in self.of_target_ else self.of_others_ or list(self.of_target_.values())
            for model in models:
                places = [list(self.classes_).index(label) for label in model.classes_]
                found[np.ix_(rows, places)] += model.predict_proba(X[rows]) / len(models)
        return found
