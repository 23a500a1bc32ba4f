"""Is the parameter chosen that does best on rows held out, and on nothing else?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier

from stancelab.errors import InputError
from stancelab.models.selection import choose, criterion_named, inner_folds

LABELS = np.array(["favor", "against", "none"] * 10, dtype=object)
FEATURES = np.arange(30).reshape(-1, 1)
GROUPS = [f"text {number}" for number in range(30)]


class Knows(BaseEstimator):
    """Answers as LABELS say, but wrongly on a share of the rows; keeps what it was fitted to and asked for."""

    def __init__(self, wrong, log):
        self.wrong = wrong
        self.log = log

    def fit(self, features, labels):
        self.log.append((features[:, 0].tolist(), labels.tolist(), []))
        return self

    def predict(self, features):
        numbers = features[:, 0]
        self.log[-1][2].extend(numbers.tolist())
        return np.where(numbers % 10 < 10 * self.wrong, np.roll(LABELS, 1)[numbers], LABELS[numbers])


def chosen(candidates, head_of, labels=LABELS, groups=GROUPS, features=FEATURES, **options):
    return choose(candidates, head_of, features, labels, groups, **{"criterion": "macro_f1", "folds": 3, "seed": 0, **options})


@pytest.mark.parametrize("best", [0.01, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("criterion", ["macro_f1", "favor_against_f1"])
def test_the_planted_best_is_chosen(best, criterion):
    candidates = [0.01, 0.1, 1.0, 10.0]
    assert chosen(candidates, lambda value: Knows(0 if value == best else 0.3, []), criterion=criterion) == best


def test_after_two_in_a_row_that_do_worse_no_other_is_tried():
    log = []
    wrong = {1: 0.4, 2: 0.2, 3: 0.3, 4: 0.3, 5: 0.0}
    tried = []

    def head_of(candidate):
        tried.append(candidate)
        return Knows(wrong[candidate], log)

    assert chosen([1, 2, 3, 4, 5], head_of) == 2
    assert sorted(set(tried)) == [1, 2, 3, 4]
    assert chosen([1, 2, 3, 5, 4], head_of) == 5


def test_of_equals_the_first_is_chosen():
    assert chosen([5.0, 0.1, 1.0], lambda value: Knows(0.5 if value == 5 else 0.2, [])) == 0.1


def test_the_criterion_decides():
    def head_of(value):
        return DummyClassifier(strategy="constant", constant="none" if value == 1 else "favor")

    labels = np.array(["none"] * 20 + ["favor"] * 5 + ["against"] * 5, dtype=object)
    assert chosen([1.0, 2.0], head_of, labels) == 1
    assert chosen([1.0, 2.0], head_of, labels, criterion="favor_against_f1") == 2


def test_a_candidate_is_asked_only_for_rows_that_it_did_not_see_and_for_each_of_them_once():
    log = []
    chosen([1.0, 2.0], lambda value: Knows(0, log))
    assert len(log) == 6
    for numbers, labels, asked in log:
        assert set(numbers).isdisjoint(asked)
        assert sorted(numbers + asked) == list(range(30))
        assert labels == LABELS[numbers].tolist()
    for half in (log[:3], log[3:]):
        assert sorted(number for _, _, asked in half for number in asked) == list(range(30))


def test_rows_of_one_text_are_held_out_together():
    texts = np.repeat(np.arange(20), 3)
    labels = np.array(["favor", "against"], dtype=object)[texts % 2]
    heads = {1.0: KNeighborsClassifier(1), 2.0: DummyClassifier(strategy="constant", constant="favor")}
    features = texts.reshape(-1, 1)
    together = chosen([1.0, 2.0], heads.get, labels, [f"text {text}" for text in texts], features)
    apart = chosen([1.0, 2.0], heads.get, labels, [f"row {row}" for row in range(60)], features)
    assert (together, apart) == (2.0, 1.0)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 15)), min_size=1, max_size=60), st.integers(2, 4), st.integers(0, 5)
)
def test_inner_folds_keep_groups_together_and_every_label_in_training(rows, folds, seed):
    labels, groups = np.array([label for label, _ in rows], dtype=object), np.array([f"g{group}" for _, group in rows])
    pairs = inner_folds(labels, list(groups), folds=folds, seed=seed)
    held = [number for _, held_out in pairs for number in held_out]
    assert len(set(held)) == len(held)
    for train, held_out in pairs:
        assert len(held_out)
        assert sorted([*train, *held_out]) == list(range(len(rows)))
        assert set(groups[train]).isdisjoint(groups[held_out])
        assert set(labels[train]) == set(labels)


def test_a_fold_whose_training_rows_lack_a_label_is_left_out():
    labels = np.array(["favor", "against"] * 6 + ["none"] * 3, dtype=object)
    pairs = inner_folds(labels, [*(f"text {number}" for number in range(12)), "same", "same", "same"], folds=3, seed=0)
    assert len(pairs) == 2
    assert all(set(labels[train]) == {"favor", "against", "none"} for train, _ in pairs)


@pytest.mark.parametrize(
    ("labels", "groups"),
    [
        (["favor"] * 28 + ["none"] * 2, GROUPS),
        (LABELS.tolist(), [f"text {number % 5}" for number in range(30)]),
    ],
)
def test_with_too_few_rows_of_a_label_or_too_few_texts_the_first_is_taken(labels, groups):
    log = []
    labels = np.array(labels, dtype=object)
    assert inner_folds(labels, groups, folds=3, seed=0) == []
    assert chosen([7.0, 1.0], lambda value: Knows(0, log), labels, groups) == 7
    assert log == []


def test_as_many_rows_and_texts_as_are_needed_are_enough():
    labels = np.array(["favor", "none"] * 3, dtype=object)
    assert len(inner_folds(labels, list("uvwxyz"), folds=3, seed=0)) == 3
    assert inner_folds(labels, list("uvwxyy"), folds=3, seed=0) == []


def test_a_single_candidate_is_taken_untried():
    log = []
    assert chosen([3.0], lambda value: Knows(0, log)) == 3
    assert log == []


def test_the_seed_decides_the_folds_and_nothing_else_does():
    state = np.random.get_state()[1].copy()
    first, again, other = (inner_folds(LABELS, GROUPS, folds=3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    held = [[pair[1].tolist() for pair in pairs] for pairs in (first, again, other)]
    assert held[0] == held[1] != held[2]


def test_the_f_of_favor_and_against_needs_one_of_them():
    labels = np.array(["pro", "con", "none"] * 10, dtype=object)
    with pytest.raises(InputError, match=r"'favor_against_f1' goes with the labels favor and against; got con, none, pro"):
        chosen([0.1, 1.0], lambda _: DummyClassifier(), labels=labels, criterion="favor_against_f1")
    one_side = np.array(["against", "none"] * 15, dtype=object)
    assert chosen([0.1, 1.0], lambda _: DummyClassifier(), labels=one_side, criterion="favor_against_f1") == 0.1


def test_what_cannot_be_chosen_from():
    with pytest.raises(InputError, match="there is no candidate to choose from"):
        chosen([], lambda value: Knows(0, []))
    with pytest.raises(InputError, match="inner folds: expected 2 or more, got 1"):
        chosen([1.0, 2.0], lambda value: Knows(0, []), folds=1)
    with pytest.raises(
        InputError, match=r"unknown criterion 'macro_f'; did you mean 'macro_f1'\? Allowed: macro_f1, favor_against_f1"
    ):
        criterion_named("macro_f")
