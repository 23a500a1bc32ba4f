"""A linear or naive Bayes classifier over word and character n-grams."""

from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from stancelab.errors import InputError, unknown
from stancelab.models.inputs import column, compose
from stancelab.models.linear_ngrams import Learner, LinearNgrams
from stancelab.models.ngram_counts import Kind, Reading
from stancelab.models.ngram_features import NgramFeatures, Weighting
from stancelab.models.row_products import smaller
from stancelab.models.selection import Criterion, choose
from stancelab.models.stance_classifier import StanceClassifier


class NgramClassifier(StanceClassifier):
    """N-grams of a composed text, then an SVM, a logistic regression or a multinomial naive Bayes.

    template: the text to read, see `stancelab.models.inputs.compose`. words, characters: n-gram ranges (least, most), empty
    for none. within_words: character n-grams do not cross words. min_df: in how many texts an n-gram must stand, or in
    what share of them. weighting: "binary" (present or not, as Mohammad et al. 2016), "counts" or "tfidf". C: the inverse
    strength of the penalty, or several, of which the one is taken that does best by `criterion` on `inner_folds` folds of the
    training rows. The probabilities of the SVM are the softmax of its decision values: an order of confidence, not calibrated.
    """

    def __init__(
        self,
        *,
        learner: Learner = "svm",
        template: str = "{marked}",
        words: tuple[int, ...] = (1, 3),
        characters: tuple[int, ...] = (2, 5),
        weighting: Weighting = "binary",
        within_words: bool = False,
        min_df: float = 1,
        C: float | tuple[float, ...] = 1.0,
        criterion: Criterion = "macro_f1",
        inner_folds: int = 5,
        alpha: float = 1.0,
        class_weight: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.learner = learner
        self.template = template
        self.words = words
        self.characters = characters
        self.weighting = weighting
        self.within_words = within_words
        self.min_df = min_df
        self.C = C
        self.criterion = criterion
        self.inner_folds = inner_folds
        self.alpha = alpha
        self.class_weight = class_weight
        self.random_state = random_state

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        features = self._learn_features(X)
        # scikit-learn fits an SVM of fewer rows than columns in its dual.
        few = smaller(features) if self.learner == "svm" and features.shape[0] < features.shape[1] else None
        head = partial(self._head, dual=True) if few else self._head
        candidates = self.C if isinstance(self.C, tuple) else (self.C,)
        self.C_ = choose(
            candidates,
            head,
            few.features if few else features,
            labels,
            column(X, "text"),
            criterion=self.criterion,
            folds=self.inner_folds,
            seed=self.random_state,
        )
        self.head_ = head(self.C_).fit(few.features if few else features, labels)
        if few:
            self.head_.coef_ = few.spread(self.head_.coef_)
            self.head_.n_features_in_ = features.shape[1]

    def linear(self) -> LinearNgrams | None:
        """The same without scikit-learn and scipy; None where more than n-grams is read, or there is one label only."""
        features = getattr(self, "vectorizer_", None)
        if not isinstance(features, NgramFeatures):
            return None
        bayes = self.learner == "naive-bayes"
        weights = self.head_.feature_log_prob_ if bayes else self.head_.coef_
        intercepts = self.head_.class_log_prior_ if bayes else self.head_.intercept_
        return LinearNgrams(features, weights, intercepts, learner=self.learner) if weights.shape[1] == features.width else None

    def _learn_features(self, X: pd.DataFrame) -> Any:
        """What the head is fitted to, shape (n, d), sparse."""
        texts = compose(X, self.template)
        if not any(text.strip() for text in texts):
            raise InputError(f"template {self.template!r} leaves nothing to read in any row")
        if len(texts) < self.min_df:
            raise InputError(f"min_df {self.min_df}: an n-gram would have to stand in more texts than there are, {len(texts)}")
        self.vectorizer_ = self._vectorizer()
        return self.vectorizer_.fit_transform(texts)

    def _features(self, X: pd.DataFrame) -> Any:
        return self.vectorizer_.transform(compose(X, self.template))

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        if linear := self.linear():
            return linear.probabilities(compose(X, self.template))
        features = self._features(X)
        if self.learner != "svm":
            return np.asarray(self.head_.predict_proba(features))
        decision = np.asarray(self.head_.decision_function(features))
        scores = np.column_stack([-decision, decision]) if decision.ndim == 1 else decision
        return np.asarray(softmax(scores, axis=1))

    def _vectorizer(self) -> NgramFeatures:
        ranges = {"word": self.words, "char": self.characters}
        for name, n in ranges.items():
            if not isinstance(n, tuple) or len(n) not in (0, 2) or (n and not 1 <= n[0] <= n[1]):
                raise InputError(f"{name} n-grams {n!r}: expected a least and a most number, like [1, 3], or [] for none")
        if not any(ranges.values()):
            raise InputError("words and characters are both empty: there is nothing to count")
        if self.weighting not in get_args(Weighting):
            raise unknown("weighting", self.weighting, get_args(Weighting))
        if not (self.min_df >= 1 if isinstance(self.min_df, int) else 0 <= self.min_df <= 1):
            raise InputError(f"min_df {self.min_df!r}: expected a number of texts, 1 or more, or a share of them, like 0.01")
        kinds: dict[Kind, tuple[int, ...]] = {"word": self.words, "char_wb" if self.within_words else "char": self.characters}
        readings = [Reading(kind, *n) for kind, n in kinds.items() if n]
        return NgramFeatures(readings, weighting=self.weighting, min_df=self.min_df)

    def _head(self, C: float, dual: bool | str = "auto") -> Any:  # noqa: N803
        common = {"C": C, "class_weight": self.class_weight}
        heads = {
            "svm": lambda: LinearSVC(**common, dual=dual, max_iter=50_000, random_state=self.random_state),
            "logistic": lambda: LogisticRegression(**common, max_iter=2000),
            "naive-bayes": lambda: MultinomialNB(alpha=self.alpha),
        }
        if self.learner not in heads:
            raise unknown("learner", self.learner, heads)
        return heads[self.learner]()
