import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.hardest import confident_errors, hardest_rows, most_frequent_labels
from stancelab.labels import LabelScheme
from stancelab.predictions import Predictions

SCHEME = LabelScheme("three", ("favor", "against", "none"))
NO_ANSWER = 3


def made(gold, predicted, probabilities=None):
    ids = tuple(f"r{number}" for number in range(len(gold)))
    predicted = np.atleast_2d(predicted)
    keys = tuple((0, repeat) for repeat in range(len(predicted)))
    return Predictions(SCHEME, ids, ids, np.array(gold), predicted, probabilities, keys)


def sure_of(labels, probability):
    """Probabilities of one replicate: that of the label, the rest shared."""
    found = np.full((1, len(labels), 3), (1 - probability) / 2)
    found[0, np.arange(len(labels)), labels] = probability
    return found


def test_rows_are_ranked_by_how_often_they_are_wrong_each_recipe_counting_alike():
    twice = made([0, 0, 0], [[0, 1, 1], [0, 1, 0]])
    once = made([0, 0, 0], [0, 0, NO_ANSWER])
    found = hardest_rows({"twice": twice, "once": once})
    assert [(entry.row, entry.wrong, entry.log_loss) for entry in found] == [(2, 0.75, None), (1, 0.5, None), (0, 0, None)]
    assert [entry.given for entry in found] == [{"no answer": 1}, {"against": 1}, {}]


def test_rows_that_are_wrong_as_often_are_ranked_by_log_loss_where_it_is_known():
    probabilities = np.array([[[0.4, 0.5, 0.1], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1]]])
    known, unknown = made([0, 0, 0], [1, 1, 0], probabilities), made([0, 0, 0], [1, 1, 0])
    found = hardest_rows({"known": known, "unknown": unknown})
    assert [entry.row for entry in found] == [1, 0, 2]
    assert [entry.log_loss for entry in found] == pytest.approx([-np.log(0.1), -np.log(0.4), -np.log(0.8)])


@given(st.integers(0, 1000))
def test_the_mean_over_rows_is_one_minus_accuracy_and_every_row_stands_once(seed):
    generator = np.random.default_rng(seed)
    recipes = {name: made([0, 1, 2, 0], generator.integers(0, 4, (repeats, 4))) for name, repeats in (("a", 1), ("b", 3))}
    found = hardest_rows(recipes)
    assert sorted(entry.row for entry in found) == [0, 1, 2, 3]
    shares = [(one.predicted != one.gold).mean() for one in recipes.values()]
    assert np.mean([entry.wrong for entry in found]) == pytest.approx(np.mean(shares))
    assert [entry.wrong for entry in found] == sorted((entry.wrong for entry in found), reverse=True)


def test_the_most_frequent_label_is_the_first_of_the_scheme_where_two_tie():
    assert most_frequent_labels(made([0, 0, 0], [[2, 1, 3], [2, 0, 3], [0, 3, 3]])).tolist() == [2, 0, NO_ANSWER]


def test_the_most_confident_errors_come_first_four_of_a_recipe_at_most():
    sure, doubting = made([0] * 6, [1] * 6, sure_of([1] * 6, 0.9)), made([0] * 6, [1] * 5 + [0], sure_of([1] * 5 + [0], 0.6))
    found = confident_errors({"doubting": doubting, "sure": sure, "silent": made([0] * 6, [1] * 6)}, most=6)
    assert [(error.recipe, error.row) for error in found[:4]] == [("sure", row) for row in range(4)]
    assert [(error.recipe, error.label, error.probability) for error in found[4:]] == [("doubting", "against", 0.6)] * 2
    assert len(confident_errors({"sure": sure, "doubting": doubting}, most=20)) == 8


def test_what_is_right_is_no_confident_error():
    assert confident_errors({"right": made([0, 1], [0, 1], sure_of([0, 1], 0.9))}, most=5) == []
