"""Is the average that of its members' probabilities, each of them trained on the same rows with a seed of its own?"""

import re
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from stancelab.errors import InputError
from stancelab.models.average import AverageClassifier
from stancelab.models.cue_lexicon import CueLexiconClassifier
from stancelab.models.ngrams import NgramClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.recipes import load_recipe

TEXTS = ["we back it", "they back it", "we reject it", "they reject all", "it is", "all is said"] * 2
LABELS = ["favor", "favor", "against", "against", "none", "none"] * 2
X = pd.DataFrame({"text": TEXTS, "actor": "They", "target": "it"})


class Fixed(ClassifierMixin, BaseEstimator):
    """Gives every row the same probabilities and keeps what it was fitted to."""

    def __init__(self, probabilities):
        self.probabilities = probabilities

    def fit(self, rows, labels):
        self.seen_ = rows, list(labels)
        self.classes_ = np.unique(labels)
        return self

    def predict_proba(self, rows):
        return np.tile(self.probabilities, (len(rows), 1))


class Refuses(ClassifierMixin, BaseEstimator):
    """Cannot be fitted."""

    def fit(self, rows, labels):
        raise AssertionError("there is nothing to learn")


ONE, OTHER = Fixed((0.5, 0.3, 0.2)), Fixed((0.1, 0.1, 0.8))


@pytest.mark.parametrize(
    ("members", "weights", "mean", "label"),
    [
        ((ONE, OTHER), None, (0.3, 0.2, 0.5), "none"),
        ((ONE, OTHER), (3, 1), (0.4, 0.25, 0.35), "against"),
        ((OTHER, ONE), (1, 3), (0.4, 0.25, 0.35), "against"),
        ((ONE, OTHER), [6.0, 2.0], (0.4, 0.25, 0.35), "against"),
        ((ONE, OTHER, OTHER), None, (0.7 / 3, 0.5 / 3, 0.6), "none"),
        ([OTHER], None, (0.1, 0.1, 0.8), "none"),
        ([OTHER], [0.01], (0.1, 0.1, 0.8), "none"),
    ],
)
def test_the_mean_of_the_members_probabilities(members, weights, mean, label):
    model = AverageClassifier(members=members, weights=weights).fit(X, LABELS)
    np.testing.assert_allclose(model.predict_proba(X[:4]), [mean] * 4, atol=1e-12)
    assert model.predict(X[:4]).tolist() == [label] * 4


SHARES = st.tuples(*[st.floats(0.01, 1)] * 3).map(lambda parts: tuple(part / sum(parts) for part in parts))


@given(st.lists(st.tuples(SHARES, st.floats(0.01, 100)), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_mean_lies_between_its_members_in_whatever_order(pairs, random):
    def average(pairs):
        members, weights = [Fixed(shares) for shares, _ in pairs], [weight for _, weight in pairs]
        return AverageClassifier(members=members, weights=weights).fit(X, LABELS).predict_proba(X[:1])[0]

    mean, shares = average(pairs), np.array([shares for shares, _ in pairs])
    assert np.all((mean >= shares.min(axis=0) - 1e-12) & (mean <= shares.max(axis=0) + 1e-12))
    assert mean.sum() == pytest.approx(1)
    np.testing.assert_allclose(average(random.sample(pairs, len(pairs))), mean, atol=1e-12)


@pytest.mark.parametrize(
    "weights", [(1,), (1, 2, 3), (), (1, 0), (1.0, -0.5), [1, float("nan")], [1, float("inf")], 1, ("1", "1")]
)
def test_weights_that_are_not_one_above_0_for_each_member(weights):
    with pytest.raises(InputError, match=re.escape(f"weights {weights!r}: expected a number above 0 for each of the 2")):
        AverageClassifier(members=(ONE, OTHER), weights=weights).fit(X, LABELS)


def test_nothing_to_average():
    with pytest.raises(InputError, match="for each of the 0 members"):
        AverageClassifier(members=()).fit(X, LABELS)


def test_every_member_learns_all_labels_from_all_rows_in_one_order():
    labels = LABELS[::-1]
    kinds = (ONE, DummyClassifier(), NgramClassifier(learner="logistic"), PerTargetClassifier(DummyClassifier(), least=2))
    model = AverageClassifier(members=kinds).fit(X, labels)
    assert [member.classes_.tolist() for member in model.fitted_] == [["against", "favor", "none"]] * 4
    rows, seen = model.fitted_[0].seen_
    pd.testing.assert_frame_equal(rows, X)
    assert seen == labels
    expected = sum(clone(member).fit(X, labels).predict_proba(X) for member in kinds) / 4
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-12)


def test_members_stay_unfitted_and_a_member_that_stands_twice_is_fitted_twice():
    model = AverageClassifier(members=(ONE, ONE)).fit(X, LABELS)
    assert model.fitted_[0] is not model.fitted_[1]
    for unfitted in (ONE, clone(model)):
        with pytest.raises(NotFittedError, match="not fitted"):
            check_is_fitted(unfitted, "classes_")
    assert clone(model).members[0].probabilities == ONE.probabilities


def test_with_one_label_no_member_is_fitted():
    model = AverageClassifier(members=(Refuses(), Refuses())).fit(X, ["favor"] * len(X))
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((len(X), 1)))


HEAD = 'title = "A recipe"\nfamily = "baseline"\nkind = "{kind}"\ndescription = "x"\nsource = "x"\n'


@pytest.fixture
def write(tmp_path):
    def write(kind, parameters, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(f"{HEAD.format(kind=kind)}[params]\n{parameters}\n", encoding="utf-8")
        return path

    return write


def test_in_a_recipe_each_member_gets_a_seed_of_its_own(write):
    members = '["svm-ngrams", "cue-lexicon", "svm-ngrams", "svm-unigrams-per-target"]'
    model = load_recipe(write("average", f"members = {members}\nweights = [1, 1, 2, 1]")).build(seed=7)
    assert isinstance(model, AverageClassifier)
    first, lexicon, third, per_target = model.members
    assert isinstance(lexicon, CueLexiconClassifier)
    assert (first.random_state, third.random_state, per_target.estimator.random_state) == (7, 9, 10)
    assert model.weights == (1, 1, 2, 1)


def test_a_recipe_averages_what_its_members_say_alone(write):
    names = ["naive-bayes", "stratified", "stratified", "cue-lexicon"]
    found = load_recipe(write("average", f"members = {names}")).fit(X, LABELS, seed=3).predict_proba(X)
    alone = [load_recipe(name).fit(X, LABELS, seed=3 + place).predict_proba(X) for place, name in enumerate(names)]
    assert not np.array_equal(alone[1], alone[2])
    np.testing.assert_allclose(found, sum(alone) / 4, atol=1e-12)


def test_an_average_may_be_averaged_again(write):
    inner = write("average", 'members = ["svm-ngrams", "svm-ngrams"]', name="inner")
    model = load_recipe(write("average", f'members = ["svm-ngrams", "{inner.as_posix()}"]')).build(seed=0)
    assert model.members[0].random_state == 0
    assert [member.random_state for member in model.members[1].members] == [1, 2]


def test_a_recipe_of_members_per_target_averages_within_each(write):
    path = write("average", 'members = ["naive-bayes", "majority"]')
    path.write_text("per_target = true\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    model = load_recipe(path).build(seed=0)
    assert isinstance(model, PerTargetClassifier)
    assert isinstance(model.estimator, AverageClassifier)


def test_an_unknown_member_names_the_nearest_when_the_recipe_is_read(write):
    path = write("average", 'members = ["svm-ngrams", "naive-bays"]')
    with pytest.raises(InputError, match=re.escape(f"{path}:7: no recipe 'naive-bays'") + ".*; did you mean 'naive-bayes'"):
        load_recipe(path)


@pytest.mark.parametrize("members", ["[]", '"naive-bayes"', "[1]"])
def test_members_are_names_of_recipes(write, members):
    path = write("average", f"members = {members}")
    with pytest.raises(InputError, match=re.escape(f"{path}:7: members") + ".*expected the names of one or more recipes"):
        load_recipe(path)


def test_a_kind_that_needs_a_parameter_says_so(write):
    path = write("average", "weights = [1]")
    with pytest.raises(InputError, match=re.escape(f"{path}: kind 'average' needs the parameter 'members'")):
        load_recipe(path)


def test_a_class_that_takes_any_parameter_needs_none(write, tmp_path, monkeypatch):
    (tmp_path / "takes_any.py").write_text("class Any:\n    def __init__(self, **options):\n        pass\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    assert load_recipe(write("takes_any:Any", "")).build(seed=0)


def test_the_fingerprint_minds_its_members_parameters(write):
    def fingerprint(parameters, title="A recipe"):
        member = write("ngrams", parameters, name="member")
        member.write_text(member.read_text(encoding="utf-8").replace("A recipe", title), encoding="utf-8")
        return load_recipe(write("average", f'members = ["{member.as_posix()}", "majority"]')).fingerprint

    assert fingerprint("C = 1.0") == fingerprint("C = 1.0", title="Renamed") != fingerprint("C = 2.0")


def test_the_fingerprint_minds_weights_and_the_order_of_members(write):
    forms = (
        'members = ["naive-bayes", "majority"]',
        'members = ["majority", "naive-bayes"]',
        'members = ["majority", "naive-bayes"]\nweights = [1, 2]',
    )
    assert len({load_recipe(write("average", form)).fingerprint for form in forms}) == 3


def test_a_fault_of_a_member_shows_when_the_recipe_is_read(write):
    member = write("ngrams", "wheighting = 'tfidf'", name="member")
    with pytest.raises(InputError, match=re.escape(f"{member}:7: unknown parameter 'wheighting'")):
        load_recipe(write("average", f'members = ["{member.as_posix()}"]'))


def test_a_recipe_is_no_member_of_itself(write, tmp_path):
    own, other = ((tmp_path / f"{name}.toml").as_posix() for name in ("own", "other"))
    write("average", f'members = ["majority", "{other}"]', name="own")
    write("average", f'members = ["{own}"]', name="other")
    with pytest.raises(InputError, match=re.escape(f"{other}:7: recipe '{own}' would be a member of itself")):
        load_recipe(own)
