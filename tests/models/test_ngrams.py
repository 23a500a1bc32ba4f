"""Is the n-gram classifier the scikit-learn pipeline that its parameters name?"""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from stancelab.errors import InputError
from stancelab.models.ngrams import NgramClassifier

TEXTS = [
    "we back it",
    "they back it",
    "back back it all",
    "we reject it",
    "they reject all",
    "reject I say",
    "it is",
    "all is said",
]
LABELS = ["favor", "favor", "favor", "against", "against", "against", "none", "none"]
X = pd.DataFrame({"text": TEXTS, "actor": "They", "target": "it"})
WORDS = r"(?u)\b\w+\b"


def ngrams(learner, **parameters):
    return NgramClassifier(learner=learner, template="{text}", **{"words": (1, 2), "characters": (), **parameters})


def test_logistic_regression_over_tfidf_is_scikit_learns():
    got = ngrams("logistic", weighting="tfidf", C=3.0, class_weight="balanced").fit(X, LABELS).predict_proba(X)
    counts = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORDS, sublinear_tf=True)
    vectors = counts.fit_transform(TEXTS)
    expected = LogisticRegression(C=3.0, class_weight="balanced", max_iter=2000).fit(vectors, LABELS).predict_proba(vectors)
    np.testing.assert_allclose(got, expected, atol=1e-8)


def test_naive_bayes_over_counts_is_scikit_learns():
    got = ngrams("naive-bayes", weighting="counts", alpha=0.5).fit(X, LABELS).predict_proba(X)
    vectors = CountVectorizer(ngram_range=(1, 2), token_pattern=WORDS).fit_transform(TEXTS)
    np.testing.assert_allclose(got, MultinomialNB(alpha=0.5).fit(vectors, LABELS).predict_proba(vectors))


@pytest.mark.parametrize("labels", [LABELS, ["for" if label == "favor" else "other" for label in LABELS]])
def test_the_svms_probabilities_keep_the_order_of_its_decisions(labels):
    got = ngrams("svm").fit(X, labels).predict_proba(X)
    vectors = CountVectorizer(ngram_range=(1, 2), token_pattern=WORDS, binary=True).fit_transform(TEXTS)
    svm = LinearSVC(max_iter=50_000, random_state=0).fit(vectors, labels)
    decision = svm.decision_function(vectors)
    scores = np.column_stack([-decision, decision]) if decision.ndim == 1 else decision
    np.testing.assert_allclose(got, softmax(scores, axis=1), atol=1e-6)
    assert svm.classes_[got.argmax(axis=1)].tolist() == svm.predict(vectors).tolist()


def test_one_letter_words_and_both_analyzers_are_features():
    model = NgramClassifier(words=(1, 1), characters=(2, 2), template="{text}").fit(X, LABELS)
    features = set(model.vectorizer_.get_feature_names_out())
    assert {"word__i", "word__back", "char__ba"} <= features
    assert "word__back it" not in features


@pytest.mark.parametrize(("weighting", "value"), [("binary", 1), ("counts", 2)])
def test_weighting_decides_whether_a_word_counts_twice(weighting, value):
    model = ngrams("logistic", weighting=weighting, words=(1, 1)).fit(X, LABELS)
    vectorizer = model.vectorizer_
    place = list(vectorizer.get_feature_names_out()).index("word__back")
    assert vectorizer.transform(["back back"]).toarray()[0, place] == value


def test_the_template_decides_what_is_read():
    model = NgramClassifier(template="{actor}", words=(1, 1), characters=()).fit(X.assign(actor=list("aabbccdd")), LABELS)
    assert set(model.vectorizer_.get_feature_names_out()) == {"word__a", "word__b", "word__c", "word__d"}


def test_the_vocabulary_is_learnt_in_training_only():
    model = ngrams("logistic", words=(1, 1)).fit(X, LABELS)
    unseen = pd.DataFrame({"text": ["quux", "zork frob"], "actor": "They", "target": "it"})
    first, second = model.predict_proba(unseen)
    np.testing.assert_allclose(first, second)


def test_texts_without_a_single_word_can_be_learnt_from():
    model = ngrams("logistic").fit(X.assign(text=["🙂", "🙁"] * 4), LABELS)
    assert model.predict_proba(X).shape == (8, 3)


def test_an_unknown_learner_names_the_nearest():
    with pytest.raises(InputError, match="unknown learner 'logistics'; did you mean 'logistic'"):
        ngrams("logistics").fit(X, LABELS)


def test_an_unknown_weighting_names_the_nearest():
    with pytest.raises(InputError, match="unknown weighting 'tf-idf'; did you mean 'tfidf'"):
        ngrams("svm", weighting="tf-idf").fit(X, LABELS)


def test_no_ngrams_at_all_are_refused():
    with pytest.raises(InputError, match="words"):
        ngrams("svm", words=()).fit(X, LABELS)


MANY = pd.DataFrame({"text": [f"{text} {number}" for number in range(4) for text in TEXTS], "actor": "They", "target": "it"})
MANY_LABELS = LABELS * 4


def test_of_several_c_the_one_is_fitted_that_does_best_held_out():
    several = ngrams("logistic", C=(1e-6, 1.0), inner_folds=2).fit(MANY, MANY_LABELS)
    assert several.C_ == 1.0
    one = ngrams("logistic", C=1.0).fit(MANY, MANY_LABELS)
    np.testing.assert_array_equal(several.predict_proba(MANY), one.predict_proba(MANY))


def test_of_several_c_the_first_is_taken_where_rows_are_too_few():
    assert ngrams("svm", C=(0.5, 1.0)).fit(X, LABELS).C_ == 0.5
    assert ngrams("svm", C=(0.25,)).fit(X, LABELS).C_ == 0.25
    assert ngrams("svm", C=2.0).fit(X, LABELS).C_ == 2.0


def test_copies_of_a_text_do_not_show_which_c_remembers_best():
    """Every text stands three times, its label follows from nothing: held out with its copies, memory is of no use."""
    texts = np.repeat(np.arange(30), 3)
    rows = pd.DataFrame({"text": [f"word{text}" for text in texts], "actor": "They", "target": "it"})
    labels = np.array(["favor"] * 20 + ["against"] * 10)[texts]
    model = ngrams("logistic", words=(1, 1), C=(1e-6, 1e6), inner_folds=3)
    assert model.fit(rows, labels).C_ == 1e-6
    apart = rows.assign(text=[f"{text} row{number}" for number, text in enumerate(rows["text"])])
    assert model.fit(apart, labels).C_ == 1e6


def test_several_c_are_parameters_like_any_other():
    model = ngrams("svm", C=(0.5, 1.0), criterion="favor_against_f1", inner_folds=2)
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(InputError, match="no candidate"):
        ngrams("svm", C=()).fit(X, LABELS)
    with pytest.raises(InputError, match="unknown criterion 'f1'"):
        ngrams("svm", C=(0.5, 1.0), criterion="f1").fit(X, LABELS)
