"""N-grams and sentence vectors side by side under one linear model."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from stancelab.encoders import load_encoder
from stancelab.errors import InputError, unknown
from stancelab.models.inputs import compose
from stancelab.models.ngrams import Learner, NgramClassifier
from stancelab.models.selection import Criterion


class HybridClassifier(NgramClassifier):
    """N-grams of a composed text (see NgramClassifier), and beside them the frozen encoder's vector of another one.

    view: the template that the encoder reads. vector_weight: how much the vectors' similarity counts beside that of one block of
    n-grams. Vectors are centred on the training rows and brought to length 1, as tf-idf rows are.
    """

    def __init__(
        self,
        *,
        encoder: str = "bundled:minilm",
        view: str = "{spelled}",
        vector_weight: float = 0.5,
        max_length: int = 256,
        learner: Learner = "svm",
        template: str = "{text} {hashtags}",
        words: tuple[int, ...] = (1, 3),
        characters: tuple[int, ...] = (2, 5),
        weighting: Literal["binary", "counts", "tfidf"] = "tfidf",
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
        self.max_length = max_length

    def _learn_features(self, X: pd.DataFrame) -> Any:
        if self.learner == "naive-bayes":
            raise unknown("learner", self.learner, ["svm", "logistic"])
        if not self.vector_weight >= 0:
            raise InputError(f"vector_weight {self.vector_weight!r}: expected 0 or more")
        ngrams = super()._learn_features(X)
        vectors = self._vectors(X)
        self.centre_ = vectors.mean(axis=0)
        return self._beside(ngrams, vectors)

    def _features(self, X: pd.DataFrame) -> Any:
        return self._beside(super()._features(X), self._vectors(X))

    def _vectors(self, X: pd.DataFrame) -> np.ndarray:
        segments = [(text,) for text in compose(X, self.view)]
        return load_encoder(self.encoder).encode(segments, max_length=self.max_length)

    def _beside(self, ngrams: Any, vectors: np.ndarray) -> Any:
        scaled = np.sqrt(self.vector_weight) * normalize(vectors - self.centre_)
        return sparse.hstack([ngrams, sparse.csr_array(scaled)], format="csr")
