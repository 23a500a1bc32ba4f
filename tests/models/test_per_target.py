"""Does each target get a classifier of its own rows, and every other row a sensible one?"""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from stancelab.errors import InputError
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.recipes import load_recipe

WORDS = {"favor": "we back it", "against": "we reject it", "none": "it was told"}


def rows_of(target, labels):
    texts = [f"{WORDS[label]} {target} {number % 3}" for number, label in enumerate(labels)]
    return pd.DataFrame({"text": texts, "actor": "They", "target": target, "label": labels})


TAX = rows_of("tax", ["favor", "against", "none"] * 3)
WAR = rows_of("war", ["against", "none", "against", "favor", "favor", "favor"])
SEA = rows_of("sea", ["favor", "against"])
ALL = pd.concat([TAX, WAR, SEA]).sample(frac=1, random_state=0)
NEW = pd.DataFrame({"text": ["we back it", "it was told", "we reject"], "actor": "They", "target": ["moon", "moon", "sun"]})


def ngrams():
    return NgramClassifier(learner="logistic", words=(1, 2), characters=(), template="{text}")


def per_target(rows, least):
    return PerTargetClassifier(ngrams(), least=least).fit(rows, rows["label"])


def alone(rows):
    return ngrams().fit(rows, rows["label"])


def test_each_target_gets_the_classifier_of_its_own_rows():
    model = per_target(ALL, 5)
    for rows in (TAX, WAR):
        own = ALL[ALL["target"] == rows["target"].iloc[0]]
        np.testing.assert_array_equal(model.predict_proba(rows), alone(own).predict_proba(rows))
    everywhere = model.predict_proba(ALL)
    for target in ("tax", "war"):
        mask = (ALL["target"] == target).to_numpy()
        np.testing.assert_array_equal(everywhere[mask], alone(ALL[mask]).predict_proba(ALL[mask]))


def test_a_small_target_and_an_unseen_one_get_the_classifier_of_all_rows():
    model, everything = per_target(ALL, 3), alone(ALL)
    assert sorted(model.of_target_) == ["tax", "war"]
    for rows in (SEA, NEW):
        np.testing.assert_array_equal(model.predict_proba(rows), everything.predict_proba(rows))


@pytest.mark.parametrize(("least", "own"), [(2, ["sea", "tax", "war"]), (3, ["tax", "war"]), (9, ["tax"]), (10, [])])
def test_a_target_needs_the_rows(least, own):
    assert sorted(per_target(ALL, least).of_target_) == own


def test_where_no_target_has_the_rows_all_share_one_classifier():
    np.testing.assert_array_equal(per_target(ALL, 99).predict_proba(ALL), alone(ALL).predict_proba(ALL))


def test_an_unseen_target_gets_the_mean_where_each_has_its_own():
    rows = pd.concat([TAX, WAR])
    model = per_target(rows, 5)
    mean = (alone(TAX).predict_proba(NEW) + alone(WAR).predict_proba(NEW)) / 2
    np.testing.assert_allclose(model.predict_proba(NEW), mean, atol=1e-12)


def test_a_label_that_one_target_lacks_has_no_probability_there():
    rows = pd.concat([TAX, SEA])
    model = per_target(rows, 2)
    assert model.classes_.tolist() == ["against", "favor", "none"]
    found = model.predict_proba(SEA)
    assert found[:, 2].tolist() == [0, 0]
    np.testing.assert_array_equal(found[:, :2], alone(SEA).predict_proba(SEA))
    np.testing.assert_allclose(model.predict_proba(pd.concat([rows, NEW])).sum(axis=1), 1)


def test_a_target_of_one_label_answers_with_it():
    rows = pd.concat([TAX, rows_of("war", ["none"] * 4)])
    assert per_target(rows, 4).predict(WAR).tolist() == ["none"] * 6
    majority = PerTargetClassifier(DummyClassifier(), least=4).fit(rows, rows["label"])
    assert majority.predict(WAR).tolist() == ["none"] * 6


def test_the_order_of_rows_asked_for_is_that_of_the_answers():
    model = per_target(ALL, 5)
    asked = pd.concat([NEW, ALL])
    order = np.random.default_rng(1).permutation(len(asked))
    np.testing.assert_array_equal(model.predict_proba(asked.iloc[order]), model.predict_proba(asked)[order])


def test_a_clone_has_the_parameters_and_nothing_learnt():
    model = per_target(ALL, 5)
    copy = clone(model)
    assert copy.get_params()["least"] == 5
    assert copy.get_params()["estimator__learner"] == "logistic"
    assert copy.set_params(estimator__C=3.0).estimator.C == 3.0
    assert model.estimator.C == 1.0
    for unfitted in (copy, model.estimator):
        with pytest.raises(NotFittedError, match="not fitted"):
            check_is_fitted(unfitted, "classes_")


def test_a_second_fit_forgets_the_first():
    again = per_target(ALL, 5).fit(WAR, WAR["label"])
    assert list(again.of_target_) == ["war"]
    np.testing.assert_array_equal(again.predict_proba(NEW), alone(WAR).predict_proba(NEW))


def test_a_row_without_a_target_is_refused():
    with pytest.raises(InputError, match="column 'target' is missing"):
        per_target(ALL, 5).predict(NEW.drop(columns="target"))
    with pytest.raises(InputError, match="row 2: column 'target' is empty"):
        per_target(ALL, 5).predict(NEW.assign(target=["tax", None, "tax"]))


def test_a_recipe_per_target_is_another_recipe_and_keeps_the_seed():
    recipe = load_recipe("svm-unigrams-per-target")
    model = recipe.build(seed=7)
    assert isinstance(model, PerTargetClassifier)
    assert model.estimator.random_state == 7
    assert recipe.model_copy(update={"per_target": False}).fingerprint != recipe.fingerprint
