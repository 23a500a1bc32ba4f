"""Does a linear classifier over n-grams say the same without scikit-learn and scipy?"""

import numpy as np
import pandas as pd
import pytest

from stancelab.models import ngram_counts
from stancelab.models.linear_ngrams import LinearNgrams
from stancelab.models.ngrams import NgramClassifier

WORDS = ["we", "they", "back", "reject", "it", "all", "🙂", "never", "always", "İt", "plan"]
GENERATOR = np.random.default_rng(0)
TEXTS = [" ".join(GENERATOR.choice(WORDS, size=GENERATOR.integers(1, 9))) for _ in range(60)]
X = pd.DataFrame({"text": TEXTS, "actor": "They", "target": "it"})
NEW = ["", "unknown words", "we back 🙂 it", "never\tnever  never", *TEXTS[:20]]
NEW_X = pd.DataFrame({"text": NEW, "actor": "They", "target": "it"})
THREE = np.array(["favor", "against", "none"])[GENERATOR.integers(0, 3, 60)]
TWO = np.where(THREE == "none", "favor", THREE)


@pytest.fixture(params=["svm", "logistic", "naive-bayes"])
def learner(request):
    return request.param


@pytest.mark.parametrize("labels", [THREE, TWO], ids=["three", "two"])
@pytest.mark.parametrize("weighting", ["binary", "tfidf", "counts"])
def test_probabilities_and_labels_are_scikit_learns(learner, labels, weighting):
    model = NgramClassifier(learner=learner, weighting=weighting, template="{text}").fit(X, labels)
    got = model.linear().probabilities(NEW)
    features = model.vectorizer_.transform(NEW)
    if learner == "svm":
        decision = model.head_.decision_function(features).reshape(len(NEW), -1)
        np.testing.assert_allclose(model.linear().decisions(NEW), decision, rtol=1e-12, atol=1e-13)
        scores = np.hstack([-decision, decision]) if decision.shape[1] == 1 else decision
        expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    else:
        expected = model.head_.predict_proba(features)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(model.classes_[got.argmax(axis=1)], model.head_.predict(features))
    np.testing.assert_array_equal(model.predict_proba(NEW_X), got)


def test_a_text_has_the_same_answer_to_the_last_bit_whatever_stands_beside_it(learner, monkeypatch):
    linear = NgramClassifier(learner=learner, weighting="tfidf", template="{text}").fit(X, THREE).linear()
    together = linear.probabilities(NEW)
    np.testing.assert_array_equal(np.vstack([linear.probabilities([text]) for text in NEW]), together)
    np.testing.assert_array_equal(linear.probabilities(NEW[::-1])[::-1], together)
    monkeypatch.setattr(ngram_counts, "CHARACTERS_AT_ONCE", 30)
    np.testing.assert_array_equal(linear.probabilities(NEW), together)


def test_arrays_without_pickles_hold_everything(learner, tmp_path):
    linear = NgramClassifier(learner=learner, weighting="tfidf", within_words=True).fit(X, THREE).linear()
    np.savez(tmp_path / "linear.npz", **linear.to_arrays())
    with np.load(tmp_path / "linear.npz", allow_pickle=False) as arrays:
        again = LinearNgrams.from_arrays(dict(arrays))
    np.testing.assert_array_equal(again.probabilities(NEW), linear.probabilities(NEW))


def test_no_text_has_no_answer(learner):
    assert NgramClassifier(learner=learner).fit(X, THREE).linear().probabilities([]).shape == (0, 3)


def test_one_label_has_no_weights():
    assert NgramClassifier().fit(X, ["favor"] * len(X)).linear() is None
