import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from stancelab.disagreement import disagreements
from stancelab.errors import InputError
from stancelab.labels import LabelScheme
from stancelab.predictions import Predictions

SCHEME = LabelScheme("three", ("favor", "against", "none"))


def made(gold, predicted, groups=None):
    ids = tuple(f"r{number}" for number in range(len(gold)))
    predicted = np.atleast_2d(predicted)
    keys = tuple((0, repeat) for repeat in range(len(predicted)))
    return Predictions(SCHEME, ids, tuple(groups or ids), np.array(gold), predicted, None, keys)


def test_a_pair_worked_by_hand():
    gold = [0, 0, 1, 1, 2]
    (pair,) = disagreements({"a": made(gold, [0, 1, 1, 0, 3]), "b": made(gold, [[1, 1, 1, 2, 3]] * 2)}, draws=200)
    assert (pair.a, pair.b) == ("a", "b")
    assert pair.differ.value == pytest.approx(2 / 5)
    assert pair.both_wrong.value == pytest.approx(3 / 5)
    assert pair.either_right.value == pytest.approx(2 / 5)
    assert 0 <= pair.differ.low < pair.differ.value < pair.differ.high <= 1
    assert (pair.either_right.low, pair.either_right.high) == (1 - pair.both_wrong.high, 1 - pair.both_wrong.low)


@given(st.integers(0, 1000))
def test_kappa_and_shares_agree_with_scikit_learn_and_a_naive_count(seed):
    generator = np.random.default_rng(seed)
    gold, labels = generator.integers(0, 3, 30), generator.integers(0, 4, (4, 30))
    recipes = {
        name: made(gold, own, groups=[str(row // 2) for row in range(30)]) for name, own in zip("abcd", labels, strict=True)
    }
    found = disagreements(recipes, draws=50)
    assert [(pair.a, pair.b) for pair in found] == [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    for pair in found:
        one, other = (recipes[name].predicted[0] for name in (pair.a, pair.b))
        assert pair.kappa.value == pytest.approx(cohen_kappa_score(one, other))
        assert pair.differ.value == pytest.approx((one != other).mean())
        assert pair.both_wrong.value == pytest.approx(((one != gold) & (other != gold)).mean())
        assert pair.differ.low <= pair.differ.value <= pair.differ.high


def test_intervals_resample_whole_statements():
    gold, groups = [0] * 8, list("aaaabbbb")
    (pair,) = disagreements({"a": made(gold, [0] * 8, groups), "b": made(gold, [0] * 4 + [1] * 4, groups)})
    assert (pair.differ.low, pair.differ.high) == (0, 1)


def test_without_a_second_label_there_is_no_kappa():
    (pair,) = disagreements({"a": made([0, 1], [0, 0]), "b": made([0, 1], [0, 0])}, draws=20)
    assert pair.kappa is None
    assert pair.differ.value == 0


def test_one_recipe_has_nobody_to_disagree_with():
    assert disagreements({"a": made([0], [0])}) == []


def test_other_rows_are_refused():
    with pytest.raises(InputError, match="b and a are not predictions of the same rows"):
        disagreements({"a": made([0, 0], [0, 0]), "b": made([0, 0], [0, 0], groups=["x", "x"])})
