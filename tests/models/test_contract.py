"""Does every recipe on the shelf keep what a classifier of this project promises?"""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_predict
from sklearn.utils.validation import check_is_fitted

from stancelab.errors import InputError
from stancelab.models.saving import load, save
from stancelab.recipes import known_recipes, load_recipe

TRAINED = ("finetuned-encoder", "contrastive-encoder")
TARGET = "send troops to Ukraine"
LABELS = ["favor", "against", "neutral"] * 4
X = pd.DataFrame(
    {
        "text": [
            "They support troops for Ukraine.",
            "We reject the plan to send troops.",
            "Troops were discussed.",
            "We are ready to send soldiers!",
            "لا للحرب في أوكرانيا",
            "A meeting on Ukraine took place 🤷🏽‍♀️",
            "They back the plan.",
            "They oppose it, and warn of war.",
            "The plan is three pages long.",
            "Macron would not rule out troops.",
            "Scholz ruled out troops.",
            "שלום",
        ],
        "actor": ["They", "We", "Kremlin", "Emmanuel Macron", "نتنياهو", "EU leaders"] * 2,
        "target": TARGET,
    }
)
NOVEL = pd.DataFrame(
    {
        "text": ["🤷🏽‍♀️🙂", "لا أوافق\u200f على ذلك", "word " * 10_000, " ", "\x00\n", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"],
        "actor": ["🦊", "שלום", "They " * 20, "?", "a\nb", "Zoë"],
        "target": [TARGET, "الحرب", "🕊", "-", "t", TARGET],
    }
)


def parameter(name):
    return pytest.param(name, marks=[pytest.mark.slow] if load_recipe(name).kind in TRAINED else [])


@pytest.fixture(scope="module", params=[parameter(name) for name in known_recipes()])
def recipe(request, tiny_encoder, tiny_cross_encoder, tiny_language_model, steady_chat):
    found = load_recipe(request.param)
    if found.kind == "causal-lm":
        return found.model_copy(update={"params": {**found.params, "model": tiny_language_model}})
    if found.remote:
        pytest.importorskip("openai")
        return found.model_copy(update={"params": {**found.params, "base_url": steady_chat}})
    if not {"encoder", "estimator__encoder"} & set(found.build(seed=0).get_params()):
        return found
    if found.kind == "entailment":
        return found.model_copy(update={"params": {**found.params, "encoder": tiny_cross_encoder}})
    several = isinstance(found.params.get("encoder"), list)
    encoder = [tiny_encoder, f"{tiny_encoder}@1"] if several else tiny_encoder
    briefly = {"epochs": 2} if found.kind in TRAINED else {}
    return found.model_copy(update={"params": {**found.params, "encoder": encoder, **briefly}})


@pytest.fixture(scope="module")
def fitted(recipe):
    return recipe.fit(X, LABELS, seed=0)


def check_probabilities(model, rows):
    probabilities = model.predict_proba(rows)
    assert probabilities.shape == (len(rows), len(model.classes_))
    assert np.all((probabilities >= 0) & (probabilities <= 1))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_classes_are_the_sorted_labels(fitted):
    assert list(fitted.classes_) == ["against", "favor", "neutral"]


def test_probabilities_are_one_row_each_and_sum_to_one(fitted):
    check_probabilities(fitted, X)


def test_predictions_are_labels_one_a_row(fitted):
    predicted = fitted.predict(X)
    assert predicted.shape == (len(X),)
    assert set(predicted) <= set(LABELS)


def test_the_prediction_is_the_label_of_the_highest_probability(fitted):
    assert list(fitted.predict(X)) == list(fitted.classes_[fitted.predict_proba(X).argmax(axis=1)])


def test_one_row(fitted):
    check_probabilities(fitted, X[:1])
    assert fitted.predict(X[:1]).shape == (1,)


def test_no_rows(fitted):
    assert fitted.predict_proba(X[:0]).shape == (0, 3)
    assert fitted.predict(X[:0]).shape == (0,)


def test_emoji_right_to_left_and_endless_texts(fitted):
    check_probabilities(fitted, NOVEL)
    assert set(fitted.predict(NOVEL)) <= set(LABELS)


def test_the_order_of_the_rows_does_not_matter(fitted, recipe):
    if recipe.name == "stratified":
        pytest.skip("draws by position")
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(fitted.predict_proba(X.iloc[order]), fitted.predict_proba(X)[order], atol=1e-5)


def test_the_index_and_the_kind_of_labels_do_not_matter(fitted, recipe):
    index = [5] * len(X)
    again = recipe.fit(X.set_index(pd.Index(index)), pd.Series(LABELS, index=index), seed=0)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_predicting_changes_nothing(fitted):
    rows, first = X.copy(), fitted.predict_proba(X)
    fitted.predict_proba(NOVEL)
    np.testing.assert_array_equal(fitted.predict_proba(X), first)
    pd.testing.assert_frame_equal(X, rows)


def test_the_same_seed_gives_the_same_answer(recipe):
    first, second = (recipe.fit(X, LABELS, seed=3).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_no_global_randomness_is_read_or_left_behind(recipe):
    torch = pytest.importorskip("torch")
    before, before_torch = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    recipe.fit(X, LABELS, seed=0).predict_proba(X)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert torch.equal(torch.random.get_rng_state(), before_torch)


def test_a_clone_has_the_parameters_and_nothing_learnt(fitted, recipe):
    copy = clone(fitted)
    assert repr(copy) == repr(recipe.build(seed=0))
    with pytest.raises(NotFittedError, match="not fitted"):
        check_is_fitted(copy, "classes_")


def test_cross_validation_just_works(recipe):
    predicted = cross_val_predict(recipe.build(seed=0), X, LABELS, cv=2)
    assert len(predicted) == len(X)


def test_a_label_missing_in_training_survives(recipe):
    kept = [label != "neutral" for label in LABELS]
    model = recipe.fit(X[kept], [label for label in LABELS if label != "neutral"], seed=0)
    assert list(model.classes_) == ["against", "favor"]
    check_probabilities(model, X)


def test_a_label_seen_once_in_training_survives(recipe):
    model = recipe.fit(X, ["unrelated", *LABELS[1:]], seed=0)
    assert list(model.classes_) == ["against", "favor", "neutral", "unrelated"]
    check_probabilities(model, X)


@pytest.mark.parametrize("rows", [1, 4])
def test_training_on_a_single_label(recipe, rows):
    model = recipe.fit(X[:rows], ["favor"] * rows, seed=0)
    np.testing.assert_allclose(model.predict_proba(X), np.ones((len(X), 1)))
    assert list(model.predict(X)) == ["favor"] * len(X)


def test_a_second_fit_forgets_the_first(recipe, fitted):
    model = recipe.fit(X[:4], ["favor"] * 4, seed=0).fit(X, LABELS)
    np.testing.assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))


def test_missing_columns_are_refused(recipe, fitted):
    if recipe.kind == "dummy":
        pytest.skip("reads no column")
    renamed = X.rename(columns={"text": "texts", "actor": "actors", "target": "targets"})
    with pytest.raises(InputError, match=r"column '(text|actor|target)' is missing; did you mean '(text|actor|target)s'"):
        recipe.fit(renamed, LABELS, seed=0).predict(renamed)
    with pytest.raises(InputError, match=r"column '(text|actor|target)' is missing; did you mean '(text|actor|target)s'"):
        fitted.predict_proba(renamed)


def test_what_is_saved_gives_the_same_probabilities_and_is_no_pickle(fitted, recipe, tmp_path):
    save(fitted, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib", ".bin", ".pt")]
    again = load(recipe.build(seed=0), tmp_path)
    assert list(again.classes_) == list(fitted.classes_)
    if recipe.name != "stratified":
        np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_a_classifier_of_one_label_is_saved_too(recipe, tmp_path):
    save(recipe.fit(X[:2], ["favor"] * 2, seed=0), tmp_path)
    assert list(load(recipe.build(seed=0), tmp_path).predict(X[:3])) == ["favor"] * 3
