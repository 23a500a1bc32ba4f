"""What is a recipe as a plain scikit-learn pipeline, as a user would write it without this package?"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from stancelab.models.inputs import compose
from stancelab.models.ngram_counts import WORDS_AND_EMOJI
from stancelab.models.ngrams import NgramClassifier
from stancelab.recipes import load_recipe


def plain(name: str) -> Any:
    """The pipeline over rows with text, actor and target. The template is composed by the same function on both sides."""
    recipe = load_recipe(name)
    if recipe.kind == "dummy":
        return DummyClassifier(**recipe.params)
    ours = recipe.model_copy(update={"per_target": False}).build(seed=0)
    reading = FunctionTransformer(compose, kw_args={"template": ours.template})
    if not isinstance(ours.C, tuple):
        return make_pipeline(reading, FeatureUnion(_counters(ours)), _head(ours, ours.C))
    steps = Pipeline([("reading", reading), ("features", FeatureUnion(_counters(ours))), ("head", _head(ours, 1.0))])
    folds = StratifiedGroupKFold(ours.inner_folds, shuffle=True, random_state=ours.random_state)
    score = make_scorer(f1_score, labels=["favor", "against"], average="macro")
    return GridSearchCV(steps, {"head__C": list(ours.C)}, scoring=score, cv=folds)


def _counters(ours: NgramClassifier) -> list[tuple[str, Any]]:
    found = []
    for analyzer, ngrams in (("word", ours.words), ("char", ours.characters)):
        if not ngrams:
            continue
        options: dict[str, Any] = {"analyzer": analyzer, "ngram_range": ngrams, "min_df": ours.min_df}
        if analyzer == "word":
            options["token_pattern"] = WORDS_AND_EMOJI
        elif ours.within_words:
            options["analyzer"] = "char_wb"
        kinds = {
            "tfidf": lambda options=options: TfidfVectorizer(sublinear_tf=True, **options),
            "binary": lambda options=options: CountVectorizer(binary=True, dtype=np.float64, **options),
            "counts": lambda options=options: CountVectorizer(dtype=np.float64, **options),
        }
        found.append((analyzer, kinds[ours.weighting]()))
    return found


def _head(ours: NgramClassifier, C: float) -> Any:
    heads = {
        "svm": lambda: LinearSVC(C=C, class_weight=ours.class_weight, max_iter=50_000, random_state=ours.random_state),
        "logistic": lambda: LogisticRegression(C=C, class_weight=ours.class_weight, max_iter=2000),
        "naive-bayes": lambda: MultinomialNB(alpha=ours.alpha),
    }
    return heads[ours.learner]()


class PlainPerTarget:
    """A copy of a pipeline for each target, as the organisers of SemEval-2016 Task 6 did it."""

    def __init__(self, make) -> None:
        self.make = make

    def fit(self, X: pd.DataFrame, y: pd.Series) -> "PlainPerTarget":
        self.of_target = {}
        for target in set(X["target"]):
            rows = X["target"] == target
            self.of_target[target] = self.make().fit(X[rows], y[rows], groups=X["text"][rows])
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        found = np.empty(len(X), dtype=object)
        for target, model in self.of_target.items():
            rows = (X["target"] == target).to_numpy()
            found[rows] = model.predict(X[rows])
        return found
