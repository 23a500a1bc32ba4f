import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from stancelab.doubts import doubtful, doubts, label_joint, thresholds


def simulated(*, flipped, apart, seed=0, rows=600):
    """Labels of three clouds, a share of them flipped, out-of-fold probabilities, and which rows were flipped."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 3, rows)
    points = generator.normal(size=(rows, 6)) + apart * np.eye(6)[truth]
    wrong = generator.random(rows) < flipped
    given = np.where(wrong, (truth + generator.integers(1, 3, rows)) % 3, truth)
    probabilities = cross_val_predict(LogisticRegression(), points, given, cv=5, method="predict_proba")
    return given, probabilities, wrong, truth


@pytest.mark.parametrize("seed", range(3))
def test_flipped_labels_come_out_on_top(seed):
    gold, probabilities, wrong, truth = simulated(flipped=0.1, apart=4, seed=seed)
    found = doubtful(gold, probabilities)
    rows = [row for row, _ in found]
    assert wrong[rows[: len(rows) // 2]].all()
    assert wrong[rows].mean() > 0.95
    assert wrong[rows].sum() / wrong.sum() > 0.8
    assert np.mean([other == truth[row] for row, other in found if wrong[row]]) > 0.95


def test_where_classes_overlap_the_queue_is_still_much_richer_than_the_rows():
    gold, probabilities, wrong, _ = simulated(flipped=0.1, apart=2.5)
    rows = [row for row, _ in doubtful(gold, probabilities)]
    assert wrong[rows].mean() > 5 * wrong.mean()
    assert wrong[rows].sum() / wrong.sum() > 0.6


@pytest.mark.parametrize("seed", range(3))
def test_without_a_flipped_label_the_queue_is_short(seed):
    gold, probabilities, _, _ = simulated(flipped=0, apart=4, seed=seed)
    assert len(doubtful(gold, probabilities)) <= 0.02 * len(gold)


def test_the_joint_worked_by_hand():
    gold = np.array([0, 0, 0, 0, 1, 1, 1])
    favor = np.array([0.9, 0.8, 0.1, 0.6, 0.05, 0.05, 0.2])
    probabilities = np.stack([favor, 1 - favor], axis=1)
    assert thresholds(gold, probabilities) == pytest.approx([0.6, 0.9])
    assert label_joint(gold, probabilities).tolist() == [[3, 1], [0, 3]]
    assert doubtful(gold, probabilities) == [(2, 1)]


def test_rows_that_reach_no_threshold_are_shared_out_as_those_that_do():
    gold = np.array([0] * 8 + [1] * 4)
    favor = np.array([0.9, 0.9, 0.9, 0.05, 0.5, 0.5, 0.4, 0.4, 0.1, 0.1, 0.1, 0.1])
    probabilities = np.stack([favor, 1 - favor], axis=1)
    assert label_joint(gold, probabilities).tolist() == [[6, 2], [0, 4]]
    assert doubtful(gold, probabilities) == [(3, 1), (6, 1)]


def test_no_row_is_in_doubt_for_a_label_that_is_not_likelier():
    gold, favor = np.array([0, 0, 0, 0, 1]), np.array([0.95, 0.6, 0.6, 0.2, 0.3])
    assert [row for row, _ in doubtful(gold, np.stack([favor, 1 - favor], axis=1))] == [3]


def test_a_label_that_no_row_has_is_never_suggested():
    gold, probabilities = np.array([0, 1, 0]), np.array([[0.2, 0.1, 0.7], [0.1, 0.2, 0.7], [0.2, 0.1, 0.7]])
    assert thresholds(gold, probabilities)[2] == np.inf
    assert doubtful(gold, probabilities) == []


def test_each_doubt_says_why():
    gold = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.9, 0.1]])
    (doubt,) = doubts(["a", "b", "c", "d"], gold, probabilities, ["favor", "against"])
    assert (doubt.rank, doubt.id, doubt.gold, doubt.suggested) == (1, "d", "against", "favor")
    assert (doubt.self_confidence, doubt.margin) == pytest.approx((0.1, -0.8))
    assert doubt.why == "favor gets 0.90 (where it is gold 0.85 on average), against gets 0.10 (where it is gold 0.45)"


@given(st.integers(0, 1000))
def test_every_doubt_is_of_a_likelier_other_label_and_ranked_by_margin(seed):
    generator = np.random.default_rng(seed)
    gold, probabilities = generator.integers(0, 3, 40), generator.dirichlet([1, 1, 1], 40)
    found = doubts([str(row) for row in range(40)], gold, probabilities, "abc")
    assert [entry.rank for entry in found] == list(range(1, len(found) + 1))
    assert all(entry.suggested != entry.gold and entry.margin < 0 for entry in found)
    assert [entry.margin for entry in found] == sorted(entry.margin for entry in found)
    order = generator.permutation(40)
    again = doubts([str(row) for row in order], gold[order], probabilities[order], "abc")
    assert [(entry.id, entry.suggested) for entry in again] == [(entry.id, entry.suggested) for entry in found]
