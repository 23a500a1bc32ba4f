"""Do n-grams and centred, scaled vectors stand side by side, and is nothing learnt from rows that are to be predicted?"""

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from stancelab.encoders import load_encoder
from stancelab.errors import InputError
from stancelab.models.hybrid import HybridClassifier
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.recipes import load_recipe

TEXTS = [
    "we support the plan",
    "they support troops",
    "support for soldiers",
    "we oppose the plan",
    "they reject troops",
    "oppose and reject it",
    "the soup on ukraine",
    "soldiers into soup",
]
LABELS = ["favor", "favor", "favor", "against", "against", "against", "none", "none"]
X = pd.DataFrame({"text": TEXTS, "actor": "They", "target": ["the plan", "soup"] * 4})
NEW = pd.DataFrame({"text": ["we send troops", "xyzzy", "they oppose soup"], "actor": "We", "target": "the plan"})
WORDS = r"(?u)\b\w+\b"


@pytest.fixture
def hybrid(tiny_encoder):
    def build(**parameters):
        words = {"words": (1, 2), "characters": (), "min_df": 1, "view": "{text}"}
        return HybridClassifier(encoder=tiny_encoder, **{**words, **parameters})

    return build


@pytest.fixture
def vectors(tiny_encoder):
    def encode(texts):
        return load_encoder(tiny_encoder).encode([(text,) for text in texts])

    return encode


def plain(model):
    """The n-gram classifier that a hybrid is without its vectors."""
    return NgramClassifier(**{name: model.get_params()[name] for name in NgramClassifier().get_params() if name != "alpha"})


@pytest.mark.parametrize("learner", ["svm", "logistic"])
def test_features_are_ngrams_beside_scaled_centred_unit_vectors(hybrid, vectors, learner):
    model = hybrid(learner=learner, vector_weight=0.3).fit(X, LABELS)
    counts = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORDS, sublinear_tf=True)
    ngrams = counts.fit_transform(TEXTS).toarray(), counts.transform(NEW["text"]).toarray()
    centre = vectors(TEXTS).mean(axis=0)
    beside = [np.sqrt(0.3) * normalize(vectors(texts) - centre) for texts in (TEXTS, NEW["text"])]
    train, new = (np.hstack(pair) for pair in zip(ngrams, beside, strict=True))
    if learner == "svm":
        head = LinearSVC(class_weight="balanced", max_iter=50_000, random_state=0).fit(train, LABELS)
        expected = softmax(head.decision_function(new), axis=1)
    else:
        expected = LogisticRegression(class_weight="balanced", max_iter=2000).fit(train, LABELS).predict_proba(new)
    np.testing.assert_allclose(model.predict_proba(NEW), expected, atol=1e-4)


@pytest.mark.parametrize("learner", ["svm", "logistic"])
@pytest.mark.parametrize("labels", [LABELS, ["favor" if label == "favor" else "other" for label in LABELS]])
def test_vectors_of_no_weight_leave_the_ngram_classifier(hybrid, learner, labels):
    model = hybrid(learner=learner, vector_weight=0.0, characters=(2, 5)).fit(X, labels)
    alone = plain(model).fit(X, labels)
    np.testing.assert_allclose(model.predict_proba(NEW), alone.predict_proba(NEW), atol=1e-6)


def test_what_has_no_known_ngram_is_told_apart_by_its_vector(hybrid):
    unknown_words = pd.DataFrame({"text": ["0 1 2", "z q"], "actor": "They", "target": "it"})
    same = hybrid(vector_weight=0.0).fit(X, LABELS).predict_proba(unknown_words)
    np.testing.assert_array_equal(same[0], same[1])
    apart = hybrid(vector_weight=1.0).fit(X, LABELS).predict_proba(unknown_words)
    assert np.abs(apart[0] - apart[1]).max() > 0.01


def test_the_centre_is_that_of_the_training_rows_whatever_is_predicted(hybrid, vectors):
    model = hybrid(vector_weight=2.0).fit(X, LABELS)
    [learnt] = model.centre_
    np.testing.assert_allclose(learnt, vectors(TEXTS).mean(axis=0), atol=1e-7)
    assert np.linalg.norm(learnt) > 0.1
    together, centre = model.predict_proba(NEW), learnt.copy()
    alone = [model.predict_proba(NEW.iloc[[row]])[0] for row in range(len(NEW))]
    np.testing.assert_allclose(alone, together, atol=1e-12)
    np.testing.assert_array_equal(model.centre_[0], centre)


def test_the_view_is_what_the_encoder_reads_and_the_template_what_is_counted(hybrid):
    other = X.assign(target="oppose")
    reads_target = hybrid(view="{target}").fit(X, LABELS)
    assert np.abs(reads_target.predict_proba(other) - reads_target.predict_proba(X)).max() > 1e-3
    assert not any("soup_" in name for name in reads_target.vectorizer_.get_feature_names_out())
    reads_text = hybrid(view="{text}").fit(X, LABELS)
    np.testing.assert_array_equal(reads_text.predict_proba(other), reads_text.predict_proba(X))
    counts_target = hybrid(template="{target}", view="{text}").fit(X, LABELS)
    names = set(counts_target.vectorizer_.get_feature_names_out())
    assert names == {"word__the", "word__plan", "word__the plan", "word__soup"}


def test_by_default_the_encoder_reads_hashtags_spelled_out(hybrid):
    tagged = NEW.assign(text=["we #SendTroops", "#SupportThePlan", "oppose"])
    spelled = NEW.assign(text=["we Send Troops", "Support The Plan", "oppose"])
    view = inspect.signature(HybridClassifier).parameters["view"].default
    model = hybrid(template="{target}", view=view).fit(X, LABELS)
    np.testing.assert_array_equal(model.predict_proba(tagged), model.predict_proba(spelled))
    raw = hybrid(template="{target}", view="{text}").fit(X, LABELS)
    assert not np.allclose(raw.predict_proba(tagged), raw.predict_proba(spelled), atol=1e-4)


def test_an_unknown_field_of_the_view_names_the_nearest(hybrid):
    with pytest.raises(InputError, match=r"unknown field 'speled'; did you mean 'spelled'"):
        hybrid(view="{speled}").fit(X, LABELS)


def test_with_one_label_no_encoder_is_loaded():
    model = HybridClassifier(encoder="./nowhere").fit(X, ["favor"] * len(X))
    np.testing.assert_array_equal(model.predict_proba(NEW), np.ones((3, 1)))
    assert model.predict(NEW).tolist() == ["favor"] * 3


def test_parameters_are_those_of_the_signature_and_a_clone_has_them_alone(hybrid):
    changed = {"vector_weight": 0.25, "view": "{target}", "max_length": 16, "C": (0.5, 1.0), "inner_folds": 2, "random_state": 4}
    model = hybrid(**changed)
    assert set(model.get_params()) == set(inspect.signature(HybridClassifier).parameters)
    assert changed.items() <= model.get_params().items()
    copy = clone(model.fit(X, LABELS))
    assert copy.get_params() == model.get_params()
    with pytest.raises(NotFittedError, match="not fitted"):
        check_is_fitted(copy, "classes_")
    assert not hasattr(copy, "centre_")
    assert copy.set_params(vector_weight=1.0).vector_weight == 1.0


def test_the_length_reaches_the_encoder(hybrid):
    ends_differ = pd.DataFrame({"text": ["we send the soup", "we send the troops"], "actor": "They", "target": "it"})
    short, long = (hybrid(template="{target}", max_length=length).fit(X, LABELS) for length in (5, 256))
    first, second = short.predict_proba(ends_differ)
    np.testing.assert_array_equal(first, second)
    first, second = long.predict_proba(ends_differ)
    assert np.abs(first - second).max() > 1e-4


MANY = pd.concat([X.assign(text=[f"{text} {number}" for text in TEXTS]) for number in range(4)])
MANY_LABELS = LABELS * 4


def test_of_several_c_the_one_is_fitted_that_does_best_held_out(hybrid):
    several = hybrid(learner="logistic", C=(1e-6, 1.0), inner_folds=2).fit(MANY, MANY_LABELS)
    assert several.C_ == 1.0
    one = hybrid(learner="logistic", C=1.0).fit(MANY, MANY_LABELS)
    np.testing.assert_array_equal(several.predict_proba(NEW), one.predict_proba(NEW))


def test_a_recipe_builds_one_a_target_with_its_seed():
    model = load_recipe("hybrid-per-target").build(seed=3)
    assert isinstance(model, PerTargetClassifier)
    assert isinstance(model.estimator, HybridClassifier)
    assert (model.estimator.encoder, model.estimator.random_state) == ("bundled:minilm", 3)


def test_naive_bayes_has_no_use_for_vectors():
    with pytest.raises(InputError, match="unknown learner 'naive-bayes'"):
        HybridClassifier(learner="naive-bayes", min_df=1).fit(X, LABELS)


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_a_vector_weight_below_0_is_refused(weight):
    with pytest.raises(InputError, match=r"vector_weight .*: expected 0 or more"):
        HybridClassifier(vector_weight=weight, min_df=1).fit(X, LABELS)


def test_a_min_df_above_the_number_of_texts_is_refused():
    with pytest.raises(InputError, match="min_df 99: an n-gram would have to stand in more texts than there are, "):
        HybridClassifier(min_df=99).fit(X, LABELS)


def test_several_encoders_stand_side_by_side(tiny_encoder):
    names = (tiny_encoder, f"{tiny_encoder}@1")
    model = HybridClassifier(encoder=names, vector_weight=(1.0, 0.5), standardise=True, min_df=1).fit(X, LABELS)
    features = model._features(X).toarray()
    first, second = features[:, -64:-32], features[:, -32:]
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(second, axis=1), np.sqrt(0.5), atol=1e-5)
    raw = load_encoder(names[1]).encode([(text,) for text in X["text"]])
    np.testing.assert_allclose(second, np.sqrt(0.5) * normalize((raw - raw.mean(axis=0)) / (raw.std(axis=0) + 1e-6)), atol=1e-5)


@pytest.mark.parametrize("weights", [1.0, (1.0,), (1.0, 1.0, 1.0)])
def test_each_encoder_needs_a_weight(tiny_encoder, weights):
    with pytest.raises(InputError, match="expected a number for each of "):
        HybridClassifier(encoder=(tiny_encoder, tiny_encoder), vector_weight=weights, min_df=1).fit(X, LABELS)
