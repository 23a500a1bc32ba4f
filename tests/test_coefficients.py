import numpy as np
import pandas as pd
import pytest

from stancelab.coefficients import ngram_classifiers, top_ngrams, weighs_ngrams, weights_of
from stancelab.models.calibrated import CalibratedClassifier
from stancelab.models.hybrid import HybridClassifier
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.recipes import load_recipe

ROWS = pd.DataFrame(
    {
        "text": ["we back it", "they back it", "we reject it", "they reject it", "we saw it", "they saw it"] * 2,
        "actor": "Ada",
        "target": ["bridge"] * 6 + ["road"] * 6,
        "label": ["favor", "favor", "against", "against", "none", "none"] * 2,
    }
)
NGRAMS = NgramClassifier(template="{text}", words=(1, 1), characters=())


def fit(model, rows=ROWS):
    return model.fit(rows, rows["label"])


@pytest.mark.parametrize("learner", ["svm", "logistic", "naive-bayes"])
@pytest.mark.parametrize("labels", [2, 3])
def test_weights_decide_as_the_classifier_does(learner, labels):
    rows = ROWS[ROWS["label"].isin(["favor", "against", "none"][:labels])]
    model = fit(NgramClassifier(learner=learner, template="{text}", words=(1, 2), characters=(2, 3)), rows)
    weights = weights_of(model)
    assert list(weights.columns) == list(model.classes_)
    counts = model.vectorizer_.transform(rows["text"]).toarray()
    assert list(weights.columns[(counts @ weights.to_numpy()).argmax(axis=1)]) == list(model.predict(rows))


def test_weights_of_two_labels_are_opposite():
    weights = weights_of(fit(NGRAMS, ROWS[ROWS["label"] != "none"]))
    np.testing.assert_allclose(weights["favor"], -weights["against"])
    assert weights.loc["word__back", "favor"] > 0


def test_of_a_hybrid_only_ngrams_have_weights_by_name(tiny_encoder):
    model = fit(HybridClassifier(encoder=tiny_encoder, template="{text}", view="{text}", min_df=1, characters=()))
    weights = weights_of(model)
    assert len(weights) == len(model.vectorizer_.get_feature_names_out()) < model.head_.coef_.shape[1]
    np.testing.assert_array_equal(weights["favor"], model.head_.coef_[list(model.classes_).index("favor"), : len(weights)])


def test_classifiers_are_found_inside_what_wraps_them():
    wrapped = PerTargetClassifier(CalibratedClassifier(NGRAMS), least=6)
    assert weighs_ngrams(wrapped)
    assert list(ngram_classifiers(fit(wrapped))) == ["bridge", "road"]
    assert list(ngram_classifiers(fit(PerTargetClassifier(NGRAMS, least=7)))) == [None]
    assert list(ngram_classifiers(fit(CalibratedClassifier(NGRAMS)))) == [None]


@pytest.mark.parametrize("name", ["majority", "cue-lexicon", "minilm-logistic", "minilm-finetuned"])
def test_what_is_not_linear_in_ngrams_has_no_weights(name):
    assert not weighs_ngrams(load_recipe(name).build(seed=0))


def test_a_classifier_of_one_label_has_no_weights():
    assert ngram_classifiers(fit(NGRAMS, ROWS[ROWS["label"] == "favor"])) == {}
    assert top_ngrams([fit(CalibratedClassifier(NGRAMS), ROWS[ROWS["label"] == "favor"])], most=2) == []


def test_top_ngrams_hold_mean_and_range_over_folds():
    without = ROWS[~ROWS["text"].str.contains("they back")]
    folds = [fit(NgramClassifier(template="{text}", words=(1, 2), characters=()), rows) for rows in (ROWS, without)]
    (favor,) = [table for table in top_ngrams(folds, most=3) if table.label == "favor"]
    assert (favor.kind, favor.target, favor.folds) == ("word", None, 2)
    assert [weight.mean for weight in favor.toward] == sorted((w.mean for w in favor.toward), reverse=True)
    assert all(weight.mean < 0 for weight in favor.away)
    own = [weights_of(model)["favor"] for model in folds]
    (back,) = [weight for weight in favor.toward if weight.ngram == "back"]
    assert [back.low, back.high] == pytest.approx(sorted(w["word__back"] for w in own), abs=1e-6)
    assert back.mean == pytest.approx((back.low + back.high) / 2, abs=1e-6)
    everything = next(table for table in top_ngrams(folds, most=99) if table.label == "favor")
    (absent,) = [weight for weight in everything.toward if weight.ngram == "they back"]
    assert absent.low == 0
    assert absent.high == pytest.approx(own[0]["word__they back"], abs=1e-6)
