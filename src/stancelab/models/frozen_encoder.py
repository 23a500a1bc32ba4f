"""Logistic regression over the sentence vectors of a frozen encoder."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from stancelab.encoders import load_encoder
from stancelab.models.inputs import compose
from stancelab.models.stance_classifier import StanceClassifier


class FrozenEncoderClassifier(StanceClassifier):
    """Each view of a row (one template, or two for a segment pair) is encoded; the vectors side by side feed the head.

    encoder: a hub id, a folder, or `bundled:minilm`. views: templates, see `stancelab.models.inputs.compose`; a view that is a
    pair of templates is read as two segments. C: inverse strength of the head's L2 penalty.
    """

    def __init__(
        self,
        *,
        encoder: str = "bundled:minilm",
        views: tuple[Any, ...] = ("{marked}", "{actor} on {target}: {text}"),
        C: float = 0.1,
        class_weight: str | None = "balanced",
        max_length: int = 256,
    ) -> None:
        self.encoder = encoder
        self.views = views
        self.C = C
        self.class_weight = class_weight
        self.max_length = max_length

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        head = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=2000)
        self.head_ = head.fit(self.vectors(X), labels)

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.head_.predict_proba(self.vectors(X)))

    def vectors(self, X: pd.DataFrame) -> np.ndarray:
        """The encoder's vectors of all views side by side, shape (n, views x d)."""
        encoder = load_encoder(self.encoder)
        parts = []
        for view in self.views:
            templates = (view,) if isinstance(view, str) else tuple(view)
            segments = list(zip(*(compose(X, template) for template in templates), strict=True))
            parts.append(encoder.encode(segments, max_length=self.max_length))
        return np.hstack(parts)
