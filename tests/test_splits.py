import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

from stancelab.errors import InputError
from stancelab.splits import Protocol, split

LEAVE_ONE_ACTOR_OUT = Protocol(kind="leave-one-actor-out")

quick = settings(max_examples=30, deadline=None)
repeats = st.integers(0, 20)


def k_fold(folds, repeats=1):
    return Protocol(kind="stratified-group-k-fold", folds=folds, repeats=repeats)


def rows_of(labels, groups, actors=None):
    return pd.DataFrame({"label": list(labels), "group": list(groups), "actor_id": list(actors or ["x"] * len(labels))})


def same(one, other):
    return all(np.array_equal(a.train, b.train) and np.array_equal(a.test, b.test) for a, b in zip(one, other, strict=True))


@st.composite
def tables(draw):
    row = st.tuples(st.sampled_from(["favor", "against", "none"]), st.integers(0, 9), st.sampled_from("xyz"))
    rows = draw(st.lists(row, min_size=6, max_size=40))
    labels, groups, actors = zip(*rows, strict=True)
    return rows_of(labels, [f"g{group}" for group in groups], actors)


@st.composite
def divisible(draw):
    rows, folds = draw(tables()), draw(st.integers(2, 4))
    assume(rows["group"].nunique() >= folds)
    assume(rows["label"].value_counts().max() >= folds)
    return rows, folds


@st.composite
def several_actors(draw):
    rows = draw(tables())
    actors_of_group = rows.groupby("group")["actor_id"].agg(set)
    assume(rows["actor_id"].nunique() >= 2)
    assume(all(any(actor not in held for held in actors_of_group) for actor in set(rows["actor_id"])))
    return rows


@quick
@given(divisible(), repeats)
def test_no_group_straddles_a_fold(case, repeat):
    rows, folds = case
    for fold in split(k_fold(folds), rows, repeat=repeat):
        assert set(rows["group"].iloc[fold.train]).isdisjoint(rows["group"].iloc[fold.test])


@quick
@given(divisible(), repeats)
def test_every_row_is_tested_once_and_trained_on_otherwise(case, repeat):
    rows, folds = case
    found = split(k_fold(folds), rows, repeat=repeat)
    assert len(found) == folds
    assert sorted(np.concatenate([fold.test for fold in found])) == list(range(len(rows)))
    for fold in found:
        assert sorted([*fold.train, *fold.test]) == list(range(len(rows)))


@quick
@given(divisible(), repeats)
def test_no_fold_is_empty(case, repeat):
    rows, folds = case
    for fold in split(k_fold(folds), rows, repeat=repeat):
        assert len(fold.train)
        assert len(fold.test)


@quick
@given(divisible(), repeats)
def test_the_same_repeat_gives_the_same_folds(case, repeat):
    rows, folds = case
    state = np.random.get_state()[1].copy()
    one = split(k_fold(folds), rows, repeat=repeat)
    assert same(one, split(k_fold(folds, repeats=7), rows.copy(), repeat=repeat))
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@quick
@given(divisible(), repeats)
def test_folds_are_those_of_scikit_learn(case, repeat):
    rows, folds = case
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=repeat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        expected = list(splitter.split(rows, rows["label"], rows["group"]))
    for fold, (train, test) in zip(split(k_fold(folds), rows, repeat=repeat), expected, strict=True):
        np.testing.assert_array_equal(fold.train, train)
        np.testing.assert_array_equal(fold.test, test)


@quick
@given(divisible(), repeats)
def test_names_of_groups_and_index_are_irrelevant(case, repeat):
    rows, folds = case
    renamed = rows.assign(group="statement " + rows["group"]).set_index(np.arange(len(rows)) * 3 + 5)
    assert same(split(k_fold(folds), renamed, repeat=repeat), split(k_fold(folds), rows, repeat=repeat))


def test_other_repeats_give_other_folds():
    rows = rows_of(["favor", "against"] * 20, range(40))
    tests = {tuple(split(k_fold(5), rows, repeat=repeat)[0].test) for repeat in range(10)}
    assert len(tests) == 10


def test_folds_keep_the_shares_of_labels():
    rows = rows_of(["favor"] * 20 + ["none"] * 40, range(60))
    for fold in split(k_fold(5), rows, repeat=0):
        assert rows["label"].iloc[fold.test].value_counts().to_dict() == {"none": 8, "favor": 4}


def test_five_folds_are_the_default():
    rows = rows_of(["favor", "none"] * 10, range(20))
    default = Protocol(kind="stratified-group-k-fold")
    assert same(split(default, rows, repeat=1), split(k_fold(5), rows, repeat=1))


@pytest.mark.parametrize("folds", [0, 1, -3, 5])
def test_folds_that_the_groups_do_not_allow_are_refused(folds):
    rows = rows_of(["favor", "none"] * 4, [1, 1, 2, 2, 3, 3, 4, 4])
    with pytest.raises(InputError, match=rf"{folds} folds need at least 2 folds and as many groups; the rows form 4 groups"):
        split(k_fold(folds), rows, repeat=0)


def test_folds_that_the_labels_do_not_allow_are_refused():
    with pytest.raises(InputError, match="label"):
        split(k_fold(5), rows_of(["favor", "none"] * 3, range(6)), repeat=0)


def test_a_rare_label_is_no_obstacle():
    rows = rows_of(["favor"] * 9 + ["none"], range(10))
    assert len(split(k_fold(5), rows, repeat=0)) == 5


def test_one_actor_out_worked_by_hand():
    rows = rows_of(["favor"] * 5, "aabbc", "xyyzz")
    found = split(LEAVE_ONE_ACTOR_OUT, rows, repeat=0)
    assert [fold.test.tolist() for fold in found] == [[0], [1, 2], [3, 4]]
    assert [fold.train.tolist() for fold in found] == [[2, 3, 4], [4], [0, 1]]


@quick
@given(several_actors())
def test_training_never_holds_the_actor_left_out_or_its_groups(rows):
    found = split(LEAVE_ONE_ACTOR_OUT, rows, repeat=0)
    assert len(found) == rows["actor_id"].nunique()
    for fold in found:
        train, test = rows.iloc[fold.train], rows.iloc[fold.test]
        assert test["actor_id"].nunique() == 1
        assert set(train["actor_id"]).isdisjoint(test["actor_id"])
        assert set(train["group"]).isdisjoint(test["group"])


@quick
@given(several_actors(), repeats)
def test_every_actor_is_tested_once_whatever_the_repeat(rows, repeat):
    found = split(LEAVE_ONE_ACTOR_OUT, rows, repeat=repeat)
    assert sorted(np.concatenate([fold.test for fold in found])) == list(range(len(rows)))
    assert same(found, split(LEAVE_ONE_ACTOR_OUT, rows, repeat=0))


@quick
@given(several_actors())
def test_actors_of_separate_groups_are_left_out_as_by_scikit_learn(rows):
    rows = rows.assign(group=rows["actor_id"] + rows["group"])
    found = {tuple(fold.test): tuple(fold.train) for fold in split(LEAVE_ONE_ACTOR_OUT, rows, repeat=0)}
    expected = LeaveOneGroupOut().split(rows, groups=rows["actor_id"])
    assert found == {tuple(test): tuple(train) for train, test in expected}


def test_actors_are_told_apart_by_id_where_there_is_one():
    rows = rows_of(["favor"] * 4, "abcd", "xxyz").assign(actor=["the minister", "she", "she", "he"])
    by_id = split(LEAVE_ONE_ACTOR_OUT, rows, repeat=0)
    assert [fold.test.tolist() for fold in by_id] == [[0, 1], [2], [3]]
    by_name = split(LEAVE_ONE_ACTOR_OUT, rows.drop(columns="actor_id"), repeat=0)
    assert [fold.test.tolist() for fold in by_name] == [[0], [1, 2], [3]]


def test_one_actor_alone_is_refused():
    with pytest.raises(InputError, match="leave-one-actor-out needs rows of at least 2 actors"):
        split(LEAVE_ONE_ACTOR_OUT, rows_of(["favor", "none"], "ab"), repeat=0)


def test_an_actor_in_every_group_leaves_nothing_to_train_on():
    with pytest.raises(InputError, match="train"):
        split(LEAVE_ONE_ACTOR_OUT, rows_of(["favor"] * 4, "aabb", "xyxz"), repeat=0)


def test_a_row_without_an_actor_is_refused():
    with pytest.raises(InputError, match="actor"):
        split(LEAVE_ONE_ACTOR_OUT, rows_of(["favor"] * 3, "abc", ["x", "y", None]), repeat=0)


def test_protocols_name_themselves():
    assert k_fold(5, repeats=10).name == "stratified-group-k-fold-5x10"
    assert LEAVE_ONE_ACTOR_OUT.name == "leave-one-actor-out"


def test_the_number_of_repeats_is_named_with_default_folds_too():
    once, often = (Protocol(kind="stratified-group-k-fold", repeats=repeats) for repeats in (1, 10))
    assert once.name != often.name


def test_an_unknown_kind_of_protocol_is_refused():
    with pytest.raises(ValidationError, match="leave-one-actor-out"):
        Protocol(kind="k-fold", folds=5)
