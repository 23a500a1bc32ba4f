"""N-grams and sentence vectors side by side under one linear model."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from stancelab.encoders import load_encoder
from stancelab.errors import InputError, unknown
from stancelab.models.inputs import compose
from stancelab.models.linear_ngrams import Learner
from stancelab.models.ngram_features import Weighting
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.selection import Criterion

SMALLEST = 1e-6


class HybridClassifier(NgramClassifier):
    """N-grams of a composed text (see NgramClassifier), and beside them a frozen encoder's vectors of another one, or several's.

    view: the template that the encoders read. vector_weight: how much the vectors' similarity counts beside that of one block of
    n-grams, a number for each encoder. Vectors are centred on the training rows and brought to length 1, as tf-idf rows are; with
    `standardise`, each dimension is first divided by its standard deviation, which states of a language model need.
    """

    def __init__(
        self,
        *,
        encoder: str | tuple[str, ...] = "bundled:minilm",
        view: str = "{spelled}",
        vector_weight: float | tuple[float, ...] = 0.5,
        standardise: bool = False,
        max_length: int = 256,
        learner: Learner = "svm",
        template: str = "{text} {hashtags}",
        words: tuple[int, ...] = (1, 3),
        characters: tuple[int, ...] = (2, 5),
        weighting: Weighting = "tfidf",
        within_words: bool = True,
        min_df: int = 2,
        C: float | tuple[float, ...] = 1.0,
        criterion: Criterion = "macro_f1",
        inner_folds: int = 5,
        class_weight: str | None = "balanced",
        random_state: int = 0,
    ) -> None:
        super().__init__(
            learner=learner,
            template=template,
            words=words,
            characters=characters,
            weighting=weighting,
            within_words=within_words,
            min_df=min_df,
            C=C,
            criterion=criterion,
            inner_folds=inner_folds,
            class_weight=class_weight,
            random_state=random_state,
        )
        self.encoder = encoder
        self.view = view
        self.vector_weight = vector_weight
        self.standardise = standardise
        self.max_length = max_length

    def _learn_features(self, X: pd.DataFrame) -> Any:
        if self.learner == "naive-bayes":
            raise unknown("learner", self.learner, ["svm", "logistic"])
        weights = self._pairs()
        if not all(weight >= 0 for _, weight in weights):
            raise InputError(f"vector_weight {self.vector_weight!r}: expected 0 or more")
        ngrams = super()._learn_features(X)
        vectors = self._vectors(X)
        self.centre_ = [part.mean(axis=0) for part in vectors]
        self.spread_ = [part.std(axis=0) + SMALLEST if self.standardise else np.float32(1) for part in vectors]
        return self._beside(ngrams, vectors)

    def _features(self, X: pd.DataFrame) -> Any:
        return self._beside(super()._features(X), self._vectors(X))

    def _pairs(self) -> list[tuple[str, float]]:
        """Each encoder's name and its weight."""
        names = (self.encoder,) if isinstance(self.encoder, str) else self.encoder
        weights = self.vector_weight if isinstance(self.vector_weight, tuple) else (self.vector_weight,)
        if not names or len(names) != len(weights):
            raise InputError(
                f"vector_weight {self.vector_weight!r}: expected a number for each of {', '.join(names) or 'no encoder'}"
            )
        return list(zip(names, weights, strict=True))

    def _vectors(self, X: pd.DataFrame) -> list[np.ndarray]:
        segments = [(text,) for text in compose(X, self.view)]
        return [load_encoder(name).encode(segments, max_length=self.max_length) for name, _ in self._pairs()]

    def _beside(self, ngrams: Any, vectors: list[np.ndarray]) -> Any:
        parts = zip(vectors, self.centre_, self.spread_, self._pairs(), strict=True)
        scaled = [np.sqrt(weight) * normalize((part - centre) / spread) for part, centre, spread, (_, weight) in parts]
        return sparse.hstack([ngrams, *map(sparse.csr_array, scaled)], format="csr")
