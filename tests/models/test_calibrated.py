"""Are probabilities corrected as the literature says, on rows that the classifier has not seen, and left alone elsewhere?"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import log_loss
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stancelab.errors import InputError
from stancelab.models.calibrated import CalibratedClassifier, best_temperature, rising_curves
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.models.probabilities import along
from stancelab.models.saving import load, save
from stancelab.models.selection import inner_folds
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.recipes import load_recipe

WORDS = {"favor": "we back it", "against": "we reject it", "none": "it was told"}


def rows_of(labels, *, wrong=0.3, seed=0):
    """Texts that mostly say their label, each another text."""
    generator = np.random.default_rng(seed)
    names = sorted(WORDS)
    said = [label if generator.random() > wrong else names[generator.integers(3)] for label in labels]
    texts = [f"{WORDS[label]} {number} {generator.integers(9)}" for number, label in enumerate(said)]
    return pd.DataFrame({"text": texts, "actor": "They", "target": "tax"})


LABELS = np.array(["favor", "against", "none"] * 30, dtype=object)
X = rows_of(LABELS)
NEW = rows_of(LABELS[:12], seed=1)


def svm():
    return NgramClassifier(words=(1, 2), characters=(), template="{text}")


class Half(StanceClassifier):
    """Answers rows of an even length only; needs no training."""

    def __init__(self, *, labels=("against", "favor", "none"), surest=0.9):
        self.labels = labels
        self.surest = surest

    def without_training(self):
        self.classes_ = np.array(self.labels, dtype=object)
        return self

    def _labels(self, labels):
        return np.array(self.labels, dtype=object)

    def _learn(self, X, labels):
        pass

    def _probabilities(self, X):
        rest = (1 - self.surest) / 2
        wanted = [[self.surest if text.startswith(WORDS[label]) else rest for label in self.classes_] for text in X["text"]]
        found = np.array(wanted)
        found[X["text"].str.len() % 2 == 1] = np.nan
        return found


def test_the_temperature_worked_by_hand():
    probabilities, truth = np.array([[0.9, 0.1]] * 4), np.array([[True, False]] * 3 + [[False, True]])
    assert best_temperature(np.log(probabilities), truth) == pytest.approx(2)


@pytest.mark.parametrize("truth", [0.3, 1.0, 4.0])
def test_the_temperature_is_the_one_that_the_labels_were_drawn_with(truth):
    generator = np.random.default_rng(0)
    odds = generator.normal(size=(20_000, 3)) * 4
    shares = softmax(odds / truth, axis=1)
    codes = (generator.random((len(odds), 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=2)
    assert best_temperature(np.log(softmax(odds, axis=1)), np.eye(3, dtype=bool)[codes], spread=0.5) == pytest.approx(
        truth, rel=0.05
    )


def test_a_label_without_any_chance_is_no_obstacle_to_the_temperature():
    odds = np.array([[-0.1, -2.4, -np.inf], [-2.4, -0.1, -np.inf], [-0.1, -2.4, -np.inf]])
    assert 1 < best_temperature(odds, np.eye(3, dtype=bool)[[0, 1, 1]], spread=0.5) < 20


def test_few_rows_that_are_told_rightly_with_little_confidence_ask_for_more():
    odds = np.log(np.tile([0.5, 0.25, 0.25], (24, 1)))
    assert best_temperature(odds, np.eye(3, dtype=bool)[[0] * 24], spread=0.5) < 0.4
    assert best_temperature(odds[:2], np.eye(3, dtype=bool)[[0] * 2], spread=0.5) > 0.7


def test_a_rising_curve_worked_by_hand():
    probabilities = np.array([[0.1, 0.9], [0.4, 0.6], [0.6, 0.4], [0.8, 0.2]])
    truth = np.array([[False, True], [True, False], [False, True], [True, False]])
    curves = rising_curves(probabilities, truth)
    asked = np.array([[0.05, 0.95], [0.4, 0.6], [0.6, 0.4], [0.7, 0.3]])
    np.testing.assert_allclose(along(asked, curves), [[0, 1], [0.5, 0.5], [0.5, 0.5], [0.75, 0.25]], atol=1e-12)


def test_where_every_curve_says_0_all_labels_are_alike():
    nothing = (np.array([0.0, 1.0]), np.zeros(2))
    np.testing.assert_allclose(along(np.array([[0.2, 0.8]]), [nothing, nothing]), [[0.5, 0.5]])


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
@pytest.mark.parametrize("labels", [LABELS, np.where(LABELS == "none", "favor", LABELS)], ids=["three", "two"])
def test_scikit_learn_finds_the_same(method, labels):
    texts = list(X["text"])
    pairs = inner_folds(labels, texts, folds=5, seed=3)
    bayes = make_pipeline(FunctionTransformer(lambda rows: rows["text"]), CountVectorizer(), MultinomialNB())
    oracle = CalibratedClassifierCV(bayes, method=method, ensemble=False, cv=pairs).fit(X, list(labels))
    model = CalibratedClassifier(bayes, method=method, least=0, random_state=3).fit(X, list(labels))
    np.testing.assert_allclose(model.predict_proba(NEW), oracle.predict_proba(NEW), atol=1e-6)
    if method == "temperature":
        beta = oracle.calibrated_classifiers_[0].calibrators[0].beta_
        assert model.temperature_ == pytest.approx(1 / beta, rel=1e-4)


@given(
    arrays(float, (7, 3), elements=st.floats(0.01, 1)).map(lambda found: found / found.sum(axis=1, keepdims=True)),
    st.lists(st.integers(0, 2), min_size=7, max_size=7),
)
def test_no_other_temperature_has_a_lower_loss(probabilities, codes):
    truth = np.eye(3, dtype=bool)[codes]

    def loss(temperature):
        powers = probabilities ** (1 / temperature)
        return log_loss(codes, powers / powers.sum(axis=1, keepdims=True), labels=[0, 1, 2])

    best = best_temperature(np.log(probabilities), truth)
    assert all(loss(best) <= loss(best * factor) + 1e-6 for factor in (0.8, 0.99, 1.01, 1.25) if 0.05 <= best * factor <= 20)


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_new_rows_get_a_lower_loss(method):
    labels = np.array(["favor", "against", "none"] * 500, dtype=object)
    model = CalibratedClassifier(svm(), method=method).fit(rows_of(labels), labels)
    new = rows_of(labels, seed=2)
    losses = [log_loss(labels, one.predict_proba(new), labels=sorted(WORDS)) for one in (model, model.estimator_)]
    assert losses[0] < losses[1]
    assert bool(model.curves_) == (method == "isotonic")


def test_the_temperature_leaves_the_order_of_labels_alone():
    model = CalibratedClassifier(svm()).fit(X, LABELS)
    np.testing.assert_array_equal(model.predict(NEW), svm().fit(X, LABELS).predict(NEW))
    assert not np.allclose(model.predict_proba(NEW), svm().fit(X, LABELS).predict_proba(NEW))


def test_the_classifier_itself_is_that_of_all_rows():
    model = CalibratedClassifier(svm()).fit(X, LABELS)
    np.testing.assert_array_equal(model.estimator_.predict_proba(NEW), svm().fit(X, LABELS).predict_proba(NEW))


@pytest.mark.parametrize(("least", "curved"), [(90, True), (91, False)])
def test_isotonic_needs_the_rows_and_else_the_temperature_is_taken(least, curved):
    model = CalibratedClassifier(svm(), method="isotonic", least=least).fit(X, LABELS)
    assert (bool(model.curves_), model.temperature_ is None) == (curved, curved)


def test_fewer_rows_of_a_label_make_fewer_folds_and_one_row_makes_none():
    rare = np.array(["favor", "against"] * 10 + ["none"], dtype=object)
    for labels, temperature in ((rare, False), (np.append(rare, "none"), True)):
        rows = rows_of(labels)
        model = CalibratedClassifier(svm()).fit(rows, labels)
        assert (model.temperature_ is not None) == temperature
        if not temperature:
            np.testing.assert_array_equal(model.predict_proba(NEW), svm().fit(rows, labels).predict_proba(NEW))


def test_few_texts_make_fewer_folds():
    rows, labels = pd.concat([X[:9]] * 6, ignore_index=True), np.tile(LABELS[:9], 6)
    assert CalibratedClassifier(svm()).fit(rows, labels).temperature_ is not None


def test_rows_of_one_text_are_held_out_together():
    twice = pd.concat([X, X], ignore_index=True)
    seen = []

    class Watching(NgramClassifier):
        def fit(self, rows, labels):
            seen.append(set(rows["text"]))
            return super().fit(rows, labels)

        def predict_proba(self, rows):
            seen[-1] &= set(rows["text"])
            return super().predict_proba(rows)

    CalibratedClassifier(Watching(words=(1, 1), characters=(), template="{text}")).fit(twice, np.tile(LABELS, 2))
    assert [len(both) for both in seen] == [0] * 5 + [len(X)]


def test_a_row_without_an_answer_keeps_none_and_decides_nothing():
    model = CalibratedClassifier(Half()).fit(X, LABELS)
    answered = (X["text"].str.len() % 2 == 0).to_numpy()
    assert 0 < answered.sum() < len(X)
    assert np.isnan(model.predict_proba(X)).all(axis=1).tolist() == (~answered).tolist()
    assert [label is None for label in model.predict(X)] == (~answered).tolist()
    alone = CalibratedClassifier(Half()).fit(X[answered], LABELS[answered])
    assert model.temperature_ == pytest.approx(alone.temperature_)
    assert CalibratedClassifier(Half(), method="isotonic", least=int(answered.sum())).fit(X, LABELS).curves_
    assert not CalibratedClassifier(Half(), method="isotonic", least=int(answered.sum()) + 1).fit(X, LABELS).curves_


def test_where_no_row_is_answered_nothing_is_corrected():
    odd = X[X["text"].str.len() % 2 == 1]
    model = CalibratedClassifier(Half()).fit(odd, LABELS[odd.index])
    assert (model.temperature_, model.curves_) == (None, [])


def test_labels_that_no_training_row_has_keep_their_column():
    kept = LABELS != "none"
    model = CalibratedClassifier(Half()).fit(X[kept], LABELS[kept])
    assert model.classes_.tolist() == ["against", "favor", "none"]
    answered = model.predict_proba(NEW)[NEW["text"].str.len() % 2 == 0]
    np.testing.assert_allclose(answered.sum(axis=1), 1)


def test_without_training_probabilities_pass_through():
    model = CalibratedClassifier(Half()).without_training()
    np.testing.assert_array_equal(model.predict_proba(NEW), Half().without_training().predict_proba(NEW))
    for estimator in (svm(), DummyClassifier()):
        with pytest.raises(InputError, match="has to be trained first"):
            CalibratedClassifier(estimator).without_training()


@pytest.mark.parametrize(
    "estimator",
    [
        CalibratedClassifier(svm()),
        CalibratedClassifier(svm(), method="isotonic", least=0),
        PerTargetClassifier(CalibratedClassifier(svm()), least=10),
    ],
    ids=["temperature", "isotonic", "per target"],
)
@pytest.mark.parametrize("rows", [90, 3, 1])
def test_what_is_saved_says_the_same_when_it_is_loaded(estimator, rows, tmp_path):
    model = clone(estimator).fit(X[:rows], LABELS[:rows])
    save(model, tmp_path)
    again = load(clone(estimator), tmp_path)
    np.testing.assert_array_equal(again.predict_proba(NEW), model.predict_proba(NEW))
    assert again.predict(NEW).tolist() == model.predict(NEW).tolist()


def test_an_unknown_method():
    with pytest.raises(InputError, match="unknown calibration 'isotonik'; did you mean 'isotonic'"):
        CalibratedClassifier(svm(), method="isotonik").fit(X, LABELS)


HEAD = 'title = "x"\nfamily = "baseline"\nkind = "ngrams"\ndescription = "x"\nsource = "x"\n'


def recipe(path, *keys):
    path.write_text(HEAD + "".join(f"{key}\n" for key in keys) + "[params]\ncharacters = []\n", encoding="utf-8")
    return load_recipe(path)


def test_a_recipe_says_how_it_is_calibrated(tmp_path):
    plain = recipe(tmp_path / "one.toml")
    calibrated = recipe(tmp_path / "two.toml", 'calibration = "isotonic"')
    model = calibrated.build(seed=7)
    assert (model.method, model.random_state, model.estimator.random_state) == ("isotonic", 7, 7)
    prints = {one.fingerprint for one in (plain, calibrated, recipe(tmp_path / "three.toml", 'calibration = "temperature"'))}
    assert len(prints) == 3


def test_each_targets_classifier_is_calibrated_by_itself(tmp_path):
    both = recipe(tmp_path / "one.toml", "per_target = true", 'calibration = "temperature"')
    rows = pd.concat([X.assign(target="war"), rows_of(LABELS, wrong=0.8, seed=4)], ignore_index=True)
    model = both.build(seed=0).set_params(least=90).fit(rows, np.tile(LABELS, 2))
    assert isinstance(model, PerTargetClassifier)
    war, tax = (model.of_target_[name].temperature_ for name in ("war", "tax"))
    assert war < tax
    assert war == CalibratedClassifier(model.estimator.estimator).fit(X, LABELS).temperature_


def test_an_unknown_calibration_in_a_recipe(tmp_path):
    with pytest.raises(InputError, match=r"mine.toml:6: unknown calibration 'platt'"):
        recipe(tmp_path / "mine.toml", 'calibration = "platt"')
