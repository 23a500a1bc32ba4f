"""What does a trained linear classifier over n-grams say of texts, with numpy alone?"""

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from stancelab.models.ngram_counts import pieces
from stancelab.models.ngram_features import NgramFeatures
from stancelab.models.ngram_keys import Numbers

Learner = Literal["svm", "logistic", "naive-bayes"]


class LinearNgrams:
    """Fitted features under one set of weights for each label, or one set in all for the second of two labels.

    weights: shape (k, d) or (1, d). intercepts: shape (k,) or (1,). A text's answer depends on that text alone, to the last bit.
    """

    def __init__(self, features: NgramFeatures, weights: Numbers, intercepts: Numbers, *, learner: Learner) -> None:
        self.features = features
        self.weights = np.ascontiguousarray(weights, dtype=np.float64)
        self.intercepts = np.asarray(intercepts, dtype=np.float64)
        self.learner = learner

    def decisions(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The decision value of each set of weights, shape (n, k) or (n, 1); of naive Bayes the joint log-probability."""
        return np.concatenate([np.empty((0, len(self.weights))), *map(self._decisions, pieces(texts) if texts else ())])

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The probability of each label, shape (n, k), in the order of the classifier's labels."""
        found = self.decisions(texts)
        if found.shape[1] == 1:
            # An SVM's two labels have the values -v and v, a logistic regression's 0 and v.
            found = np.hstack([-found if self.learner == "svm" else np.zeros_like(found), found])
        raised = np.exp(found - found.max(axis=1, keepdims=True, initial=-np.inf))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def _decisions(self, texts: Sequence[str]) -> NDArray[np.float64]:
        rows, columns, values = self.features.entries(texts)
        sums = [np.bincount(rows, weights[columns] * values, minlength=len(texts)) for weights in self.weights]
        return np.stack(sums, axis=1) + self.intercepts

    def to_arrays(self) -> dict[str, Numbers]:
        """Everything as arrays of numbers and short text, which np.savez takes."""
        own = {"weights": self.weights, "intercepts": self.intercepts, "learner": np.array(self.learner)}
        return own | {f"features.{name}": array for name, array in self.features.to_arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Numbers]) -> Self:
        """What `to_arrays` gave: the same answers."""
        learnt = {name.removeprefix("features."): arrays[name] for name in arrays if name.startswith("features.")}
        features = NgramFeatures.from_arrays(learnt)
        return cls(features, arrays["weights"], arrays["intercepts"], learner=arrays["learner"].item())
