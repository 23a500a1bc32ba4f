import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

from stancelab.errors import InputError
from stancelab.protocols import Protocol
from stancelab.splits import few_of_each_label, manifest, share_of_statements, split
from stancelab.splits import tested as mask_of_tested

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


def table(**columns):
    """Rows with the columns that a case needs; one statement and one text each, if it names none."""
    rows = pd.DataFrame(columns)
    numbers = [str(number) for number in range(len(rows))]
    return rows.assign(**{name: numbers for name in ("id", "group", "text") if name not in rows}, label="favor")


def numbers_of(folds):
    return [(fold.train.tolist(), fold.test.tolist()) for fold in folds]


def official(train, test):
    return Protocol(kind="official", train=train, test=test)


SPLITS = table(split=["train", "test", "dev", None, "train", "test"])


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        (["train"], ["test"], ([0, 4], [1, 5])),
        (["train", "dev"], ["test"], ([0, 2, 4], [1, 5])),
        (["train"], ["dev", "test"], ([0, 4], [1, 2, 5])),
    ],
)
def test_official_splits_worked_by_hand(train, test, expected):
    assert numbers_of(split(official(train, test), SPLITS, repeat=0)) == [expected]


@pytest.mark.parametrize(("train", "test", "wrong"), [(["tain"], ["test"], "tain"), (["train"], ["test", "tset"], "tset")])
def test_an_unknown_split_names_the_nearest(train, test, wrong):
    nearest = {"tain": "train", "tset": "test"}[wrong]
    with pytest.raises(InputError, match=rf"unknown split '{wrong}'; did you mean '{nearest}'\? Allowed: train, test, dev"):
        split(official(train, test), SPLITS, repeat=0)


@pytest.mark.parametrize(
    "protocol", [official(["train"], ["test"]), Protocol(kind="by-time"), Protocol(kind="leave-one-corpus-out")]
)
def test_a_column_that_is_not_there_or_empty_is_named(protocol):
    column = {"official": "split", "by-time": "date"}.get(protocol.kind, "corpus")
    with pytest.raises(InputError, match=f"needs a column '{column}'; the rows have id, "):
        split(protocol, table(id=["1", "2"]), repeat=0)
    with pytest.raises(InputError, match=f"needs the column '{column}', which is empty in every row"):
        split(protocol, table(**{column: [None, None]}), repeat=0)


def by_time(share):
    return Protocol(kind="by-time", share=share)


def test_by_time_worked_by_hand():
    rows = table(
        group=["b", "a", "a", "c", "d"],
        date=["2024-03-01", "2024-05-01", "2024-01-01", "2024-04-01", "2024-02-01T10:00:00+02:00"],
    )
    assert numbers_of(split(by_time(0.25), rows, repeat=0)) == [([1, 2], [0, 3, 4])]
    assert numbers_of(split(by_time(0.5), rows, repeat=0)) == [([1, 2, 4], [0, 3])]
    assert [fold.name for fold in split(by_time(0.8), rows, repeat=0)] == ["after 2024-03-01"]


def test_statements_of_one_date_stay_together():
    rows = table(date=["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-02", "2024-01-03"])
    assert numbers_of(split(by_time(0.4), rows, repeat=0)) == [([0, 1, 2, 3], [4])]


@quick
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 28)), min_size=2, max_size=30), st.sampled_from([0.1, 0.5, 0.8]))
def test_whole_statements_train_up_to_a_date(cases, share):
    groups, days = zip(*cases, strict=True)
    rows = table(group=[f"g{group}" for group in groups], date=[f"2024-02-{day:02}" for day in days])
    first = rows.groupby("group")["date"].min()
    assume(first.sort_values().iloc[max(0, round(share * len(first)) - 1)] < first.max())
    (fold,) = split(by_time(share), rows, repeat=0)
    train, test = set(rows["group"].iloc[fold.train]), set(rows["group"].iloc[fold.test])
    assert sorted([*fold.train, *fold.test]) == list(range(len(rows)))
    assert train.isdisjoint(test)
    assert max(first[list(train)]) < min(first[list(test)])
    assert len(train) >= round(share * len(first))


def test_dates_that_are_numbers_are_read_as_they_are_written():
    assert numbers_of(split(by_time(0.5), table(date=[20240301, 20240201]), repeat=0)) == [([1], [0])]


def test_each_row_without_a_date_is_named():
    rows = table(id=["a", "b", "c", "d"], date=["2024-01-01", "yesterday", None, "2024-13-01"])
    with pytest.raises(InputError, match=r"row 'b' has no date like 2024-02-27\n.*row 'c' .*\n.*row 'd' has"):
        split(Protocol(kind="by-time"), rows, repeat=0)


@pytest.mark.parametrize(("days", "share"), [("1111", 0.5), ("1222", 0.9)])
def test_dates_that_leave_nothing_to_test_are_refused(days, share):
    rows = table(date=[f"2024-01-0{day}" for day in days])
    with pytest.raises(
        InputError, match=f"the earliest {share:.0%} of the statements reach the last date; nothing is left to test"
    ):
        split(by_time(share), rows, repeat=0)


LEAVE_ONE_TARGET_OUT = Protocol(kind="leave-one-target-out")


def test_one_target_out_leaves_the_statements_other_targets_out_of_training():
    rows = table(group=list("aabcd"), target=["tax", "war", "war", "tax", "sea"])
    folds = split(LEAVE_ONE_TARGET_OUT, rows, repeat=0)
    assert [fold.name for fold in folds] == ["tax", "war", "sea"]
    assert numbers_of(folds) == [([2, 4], [0, 3]), ([3, 4], [1, 2]), ([0, 1, 2, 3], [4])]


@quick
@given(several_actors())
def test_targets_are_left_out_as_actors_are(rows):
    renamed = rows.rename(columns={"actor_id": "target"})
    assert same(split(LEAVE_ONE_TARGET_OUT, renamed, repeat=0), split(LEAVE_ONE_ACTOR_OUT, rows, repeat=0))


def test_one_target_alone_is_refused():
    with pytest.raises(InputError, match="leave-one-target-out needs rows of at least 2 targets"):
        split(LEAVE_ONE_TARGET_OUT, table(target=["tax", "tax"]), repeat=0)


LEAVE_ONE_CORPUS_OUT = Protocol(kind="leave-one-corpus-out")
POOL = table(
    #        0        1        2       3     4     5        6        7       8
    corpus=["a", "a", "a", "b", "b", "c", "c", "c", "c"],
    split=["train", "train", "test", None, None, "train", "trial", "dev", "test"],
    text=["one", "two", "six", "six", "two", "one", "five", "six", "seven"],
)


def cross_corpus(*train_on, most=None):
    return Protocol(kind="cross-corpus", train_on=list(train_on), most=most)


def test_one_corpus_out_worked_by_hand():
    folds = split(LEAVE_ONE_CORPUS_OUT, POOL, repeat=0)
    assert [fold.name for fold in folds] == ["a", "b", "c"]
    assert numbers_of(folds) == [([4, 5, 6], [2]), ([0, 5, 6], [3, 4]), ([0, 1, 4], [7, 8])]


@pytest.mark.parametrize(
    ("train_on", "expected"),
    [
        ("a", ([0], [2, 3, 4, 7, 8])),
        ("b", ([4], [2, 7, 8])),
        ("c", ([5, 6], [2, 3, 4, 7, 8])),
        ("ba", ([0, 1, 4], [2, 7, 8])),
    ],
)
def test_cross_corpus_worked_by_hand(train_on, expected):
    assert numbers_of(split(cross_corpus(*train_on), POOL, repeat=0)) == [expected]


def test_a_statement_with_a_row_to_test_does_not_train():
    rows = table(corpus=list("aaab"), split=["train", "train", "test", "test"], group=list("xyxz"))
    assert numbers_of(split(cross_corpus("a"), rows, repeat=0)) == [([1], [2, 3])]


@st.composite
def pools(draw):
    row = st.tuples(st.sampled_from("abc"), st.sampled_from([None, "train", "test"]), st.integers(0, 9), st.integers(0, 20))
    rows = draw(st.lists(row, min_size=10, max_size=40))
    corpora, splits, groups, texts = zip(*rows, strict=True)
    assume(set(corpora) == set("abc"))
    return table(
        corpus=corpora,
        split=pd.Series(splits, dtype=object),
        group=[f"{corpus}:{group}" for corpus, group in zip(corpora, groups, strict=True)],
        text=[f"text {text}" for text in texts],
    )


def folds_of(protocol, rows, repeat=0):
    """The folds, of rows that leave some to train on and some to test."""
    try:
        return split(protocol, rows, repeat=repeat)
    except InputError as error:
        if "no row is left to" not in str(error):
            raise
        reject()


def may_train(rows, number, test):
    row, beside = rows.iloc[number], rows.iloc[test]
    return row["split"] != "test" and row["group"] not in set(beside["group"]) and row["text"] not in set(beside["text"])


@quick
@given(pools())
def test_what_trains_for_a_corpus_left_out(rows):
    for fold in folds_of(LEAVE_ONE_CORPUS_OUT, rows):
        own = rows["corpus"] == fold.name
        held_out = own & (rows["split"] == "test")
        assert fold.test.tolist() == np.flatnonzero(held_out if held_out.any() else own).tolist()
        expected = [number for number in range(len(rows)) if not own[number] and may_train(rows, number, fold.test)]
        assert fold.train.tolist() == expected


@quick
@given(pools(), st.sampled_from(["a", "ab"]))
def test_what_trains_across_corpora(rows, train_on):
    (fold,) = folds_of(cross_corpus(*train_on), rows)
    divided = set(rows["corpus"][rows["split"] == "test"])
    assert set(rows["corpus"].iloc[fold.test]) == divided | (set("abc") - set(train_on))
    assert set(rows["split"].iloc[fold.test][rows["corpus"].isin(divided)]) <= {"test"}
    expected = [n for n in range(len(rows)) if rows["corpus"][n] in train_on and may_train(rows, n, fold.test)]
    assert fold.train.tolist() == expected


@quick
@given(pools(), st.integers(2, 5), repeats)
def test_a_cap_draws_from_each_corpus_by_the_repeat(rows, most, repeat):
    capped = Protocol(kind="leave-one-corpus-out", most=most)
    state = np.random.get_state()[1].copy()
    found = folds_of(capped, rows, repeat)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert same(found, split(capped, rows.copy(), repeat=repeat))
    for fold, whole in zip(found, split(LEAVE_ONE_CORPUS_OUT, rows, repeat=0), strict=True):
        assert fold.test.tolist() == whole.test.tolist()
        assert set(fold.train) <= set(whole.train)
        counts = rows["corpus"].iloc[whole.train].value_counts().clip(upper=most)
        assert rows["corpus"].iloc[fold.train].value_counts().to_dict() == counts.to_dict()


def test_other_repeats_draw_other_rows_of_a_capped_corpus():
    rows = table(corpus=["a"] * 60 + ["b"] * 2)
    drawn = {tuple(split(cross_corpus("a", most=5), rows, repeat=repeat)[0].train) for repeat in range(10)}
    assert len(drawn) == 10
    assert {len(numbers) for numbers in drawn} == {5}


def test_an_unknown_corpus_names_the_nearest():
    rows = table(corpus=["semeval", "semeval", "vast"])
    with pytest.raises(InputError, match=r"unknown corpus 'semevil'; did you mean 'semeval'\? Allowed: semeval, vast"):
        split(cross_corpus("semevil"), rows, repeat=0)


@pytest.mark.parametrize(
    ("train", "test"), [("Train", "TEST"), ("training", "rw-dev"), ("trial", "val"), (" train ", "test-gold"), ("", "Eval_1")]
)
def test_a_split_is_for_training_or_for_testing_by_its_words(train, test):
    rows = table(corpus=["a", "a", "b"], split=[train, test, None])
    assert numbers_of(split(cross_corpus("a"), rows, repeat=0)) == [([0], [1, 2])]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("tset", "; did you mean 'test'?"), ("part 2", "."), ("train-test", "; did you mean 'train'?"), ("7", ".")],
)
def test_a_split_that_says_neither_is_refused(wrong, hint):
    message = (
        f"^column 'split': split '{wrong}' does not say whether it is for training or for testing{re.escape(hint)} Allowed: tr"
    )
    with pytest.raises(InputError, match=message):
        split(LEAVE_ONE_CORPUS_OUT, table(corpus=["a", "b"], split=["train", wrong]), repeat=0)


def test_rows_without_a_split_of_their_own_or_without_the_column_are_all_train_and_test():
    assert numbers_of(split(cross_corpus("a"), table(corpus=list("aab")), repeat=0)) == [([0, 1], [2])]


@pytest.mark.parametrize(
    ("protocol", "rows", "message"),
    [
        (LEAVE_ONE_CORPUS_OUT, table(corpus=["a", "a"]), "needs rows of at least 2 corpora"),
        (LEAVE_ONE_CORPUS_OUT, table(corpus=["a", "b", None]), "^row '2' is of no corpus$"),
        (LEAVE_ONE_CORPUS_OUT, table(corpus=["a", "b"], text=["x", "x"]), "corpus-out, a: no row is left to train on\n.*, b: no"),
        (cross_corpus("a"), table(corpus=["a", "b"], split=["test", "test"]), "cross-corpus, a: no row is left to train on"),
        (cross_corpus("a", "b"), table(corpus=["a", "b"]), r"cross-corpus, a\+b: no row is left to test"),
    ],
)
def test_pools_that_leave_nothing_are_refused(protocol, rows, message):
    with pytest.raises(InputError, match=message):
        split(protocol, rows, repeat=0)


@pytest.mark.parametrize(
    ("protocol", "rows", "expected"),
    [
        (official(["train"], ["test"]), SPLITS, [1, 5]),
        (by_time(0.5), table(date=["2024-02-01", "2024-01-01"]), [0]),
        (cross_corpus("b"), POOL, [2, 7, 8]),
        (LEAVE_ONE_CORPUS_OUT, POOL, [2, 3, 4, 7, 8]),
        (k_fold(2), table(group=list("abcd")), [0, 1, 2, 3]),
    ],
)
def test_which_rows_are_tested(protocol, rows, expected):
    mask = mask_of_tested(protocol, rows)
    assert (mask.dtype, mask.shape) == (np.dtype(bool), (len(rows),))
    assert np.flatnonzero(mask).tolist() == expected


def test_a_manifest_lists_the_ids_of_every_fold():
    rows = table(id=list("abcdef"), group=list("uvwxyz"))
    found = manifest(k_fold(3, repeats=2), rows)
    assert found["protocol"] == {"kind": "stratified-group-k-fold", "folds": 3, "repeats": 2}
    assert (found["name"], found["rows"]) == ("stratified-group-k-fold-3x2", 6)
    assert [(fold["repeat"], fold["fold"]) for fold in found["folds"]] == [(r, f) for r in range(2) for f in range(3)]
    for repeat in range(2):
        folds = found["folds"][3 * repeat : 3 * repeat + 3]
        assert sorted(name for fold in folds for name in fold["test"]["ids"]) == list("abcdef")
        assert all(sorted(fold["train"]["ids"] + fold["test"]["ids"]) == list("abcdef") for fold in folds)
        for fold, expected in zip(folds, split(k_fold(3), rows, repeat=repeat), strict=True):
            assert fold["test"]["ids"] == rows["id"].iloc[expected.test].tolist()
            assert fold["test"]["rows"] == len(expected.test)
    assert json.loads(json.dumps(found)) == found


def sides(rows):
    (fold,) = manifest(official(["train"], ["test"]), rows)["folds"]
    return fold["train"]["sha256"], fold["test"]["sha256"]


def test_a_manifests_checksums_change_with_the_ids_and_with_nothing_else():
    train, test = sides(SPLITS)
    assert train == "9992e239f0558a373956420f66311ff924b7e7be791472958f2db6c4ceb2dfbd"
    assert sides(SPLITS.assign(label="against", text="other", group="g")) == (train, test)
    assert sides(SPLITS.assign(id=["0", "1", "2", "3", "4", "6"]))[0] == train
    assert sides(SPLITS.assign(id=["0", "1", "2", "3", "4", "6"]))[1] != test
    assert sides(SPLITS.iloc[::-1])[0] != train
    assert sides(table(id=["01", "45"], split=["train", "test"]))[0] != sides(table(id=["0", "1"], split=["train", "test"]))[0]


def few(protocol, shots, repeats=1):
    return Protocol.model_validate({**protocol.model_dump(exclude_defaults=True), "shots": shots, "repeats": repeats})


@quick
@given(divisible(), repeats, st.integers(1, 6))
def test_shots_leave_at_most_so_many_training_rows_of_each_label(case, repeat, shots):
    rows, folds = case
    for found, whole in zip(
        split(few(k_fold(folds), shots), rows, repeat=repeat), split(k_fold(folds), rows, repeat=repeat), strict=True
    ):
        assert found.test.tolist() == whole.test.tolist()
        assert set(found.train) <= set(whole.train)
        assert found.train.tolist() == sorted(set(found.train))
        counts = rows["label"].iloc[whole.train].value_counts().clip(upper=shots)
        assert rows["label"].iloc[found.train].value_counts().to_dict() == counts.to_dict()
        assert set(rows["group"].iloc[found.train]).isdisjoint(rows["group"].iloc[found.test])


@quick
@given(divisible(), repeats, st.integers(1, 6))
def test_the_same_repeat_draws_the_same_shots_whoever_asks(case, repeat, shots):
    rows, folds = case
    state = np.random.get_state()[1].copy()
    found = split(few(k_fold(folds), shots), rows, repeat=repeat)
    assert same(found, split(few(k_fold(folds), shots, repeats=7), rows.set_index(np.arange(len(rows)) + 5), repeat=repeat))
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@quick
@given(divisible(), repeats, st.integers(1, 6), st.integers(0, 6))
def test_more_shots_hold_the_fewer(case, repeat, shots, further):
    rows, folds = case
    fewer, more = (split(few(k_fold(folds), number), rows, repeat=repeat) for number in (shots, shots + further))
    assert all(set(one.train) <= set(other.train) for one, other in zip(fewer, more, strict=True))


def test_an_official_division_draws_its_shots_anew_in_each_repeat():
    rows = rows_of(["favor", "against"] * 50, range(100)).assign(
        split=["train"] * 90 + ["test"] * 10, id=[str(number) for number in range(100)]
    )
    folds = manifest(few(official(["train"], ["test"]), 4, repeats=10), rows)["folds"]
    assert [(fold["repeat"], fold["fold"], fold["train"]["rows"], fold["test"]["rows"]) for fold in folds] == [
        (repeat, 0, 8, 10) for repeat in range(10)
    ]
    assert len({fold["train"]["sha256"] for fold in folds}) == 10
    assert len({fold["test"]["sha256"] for fold in folds}) == 1


def test_shots_are_drawn_at_random_from_all_rows_of_a_label():
    labels = pd.Series(["favor"] * 20 + ["none"] * 20)
    drawn = [few_of_each_label(np.arange(40), labels, 2, repeat) for repeat in range(400)]
    times = np.bincount(np.concatenate(drawn), minlength=40)
    assert times.sum() == 4 * 400
    assert times.min() > 20
    assert times.max() < 60


shares = st.floats(0.05, 0.95)


@settings(max_examples=15, deadline=None)
@given(divisible(), repeats, shares, shares)
def test_shares_of_training_are_of_whole_statements_of_every_label_and_hold_each_other(case, repeat, one, other):
    rows, folds = case
    less, more = sorted((one, other))
    thin = [split(k_fold(folds).thinned(share, repeats=3), rows, repeat=repeat) for share in (less, more)]
    for smaller, larger, whole in zip(*thin, split(k_fold(folds), rows, repeat=repeat), strict=True):
        assert np.array_equal(smaller.test, whole.test)
        assert set(smaller.train) <= set(larger.train)
        there, labels = rows["group"].iloc[whole.train], rows["label"]
        kept = set(rows["group"].iloc[smaller.train])
        assert np.array_equal(smaller.train, whole.train[there.isin(kept)])
        assert len(kept) == max(1, round(less * there.nunique()))
        if len(kept) >= labels.iloc[whole.train].nunique():
            assert set(labels.iloc[smaller.train]) == set(labels.iloc[whole.train])


def test_a_share_of_training_keeps_the_shares_of_the_labels():
    rows = rows_of(["favor"] * 60 + ["against"] * 30 + ["none"] * 10, [f"g{number}" for number in range(100)])
    kept = rows["label"].iloc[share_of_statements(np.arange(100), rows, 0.4, 3)]
    assert kept.value_counts().to_dict() == {"favor": 24, "against": 12, "none": 4}


@pytest.mark.parametrize("repeat", range(5))
def test_a_rare_label_is_kept_that_shares_its_only_statement_with_a_frequent_one(repeat):
    groups = [f"g{number}" for number in range(20)]
    rows = rows_of(["favor"] * 10 + ["against"] * 10 + ["none"], [*groups, "g9"])
    assert 20 in share_of_statements(np.arange(21), rows, 0.2, repeat)


def test_a_share_of_training_is_drawn_anew_in_each_repeat_and_alike_in_the_same():
    rows = rows_of(["favor", "against"] * 20, [f"g{number}" for number in range(40)])
    drawn = [tuple(share_of_statements(np.arange(40), rows, 0.5, repeat)) for repeat in (0, 0, 1, 2)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3
