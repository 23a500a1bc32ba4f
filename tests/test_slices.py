import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancelab import slices as module
from stancelab.clustered_t import clustered_t_test
from stancelab.errors import InputError
from stancelab.intervals import bootstrap
from stancelab.labels import LabelScheme
from stancelab.metrics import METRICS
from stancelab.predictions import Predictions
from stancelab.slices import slices_of

SCHEME = LabelScheme("two", ("favor", "against"))
NOTHING = 2

quick = settings(max_examples=40, deadline=None)
rows = st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 1), st.integers(0, NOTHING)), min_size=1, max_size=25)


def keys_of(predicted):
    return tuple((0, repeat) for repeat in range(len(np.atleast_2d(predicted))))


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(module, "bootstrap", lambda sums, **_: bootstrap(sums, draws=100))


def made(gold, predicted, groups=None):
    ids = tuple(f"r{number}" for number in range(len(gold)))
    return Predictions(SCHEME, ids, tuple(groups or ids), np.array(gold), np.atleast_2d(predicted), None, keys_of(predicted))


def slices(predictions, values):
    return slices_of({"": predictions}, {"": values})


def test_slices_worked_by_hand():
    predictions = made([0, 0, 1, 1, 0], [0, 1, 1, 1, NOTHING], groups="aabbc")
    found = slices(predictions, ["she", "he", "he", "she", "she"])
    assert [(part.value, part.rows, part.clusters) for part in found] == [("she", 3, 3), ("he", 2, 2)]
    assert [part.accuracy.value for part in found] == pytest.approx([2 / 3, 1 / 2])


def test_slices_of_equal_size_are_in_the_order_of_their_values():
    assert [part.value for part in slices(made([0] * 5, [0] * 5), list("cabca"))] == ["a", "c", "b"]


@quick
@given(rows)
def test_slices_divide_the_rows_and_average_to_the_whole(cases):
    values, gold, predicted = zip(*cases, strict=True)
    predictions = made(gold, predicted)
    found = slices(predictions, values)
    assert {part.value for part in found} == set(values)
    assert sum(part.rows for part in found) == len(values)
    hits = sum(part.accuracy.value * part.rows for part in found)
    assert hits / len(values) == pytest.approx(METRICS["accuracy"](predictions))


@quick
@given(rows)
def test_each_slice_agrees_with_a_naive_loop(cases):
    found = slices(made(*(list(column) for column in list(zip(*cases, strict=True))[1:])), [value for value, _, _ in cases])
    for part in found:
        hits = [gold == predicted for value, gold, predicted in cases if value == part.value]
        assert part.accuracy.value == pytest.approx(sum(hits) / len(hits))
        assert 0 <= part.accuracy.low <= part.accuracy.high <= 1


@quick
@given(rows)
def test_names_of_values_are_irrelevant(cases):
    values, gold, predicted = zip(*cases, strict=True)
    predictions = made(gold, predicted)
    plain, renamed = slices(predictions, values), slices(predictions, [f"the {value}" for value in values])
    assert [(f"the {part.value}", part.accuracy) for part in plain] == [(part.value, part.accuracy) for part in renamed]


def test_one_slice_of_everything_is_the_accuracy():
    predictions = made([0, 1, 0, 1], [0, 1, 1, 1])
    (part,) = slices(predictions, ["all"] * 4)
    assert part.accuracy.value == METRICS["accuracy"](predictions) == 0.75
    assert part.accuracy.low < 0.75 < part.accuracy.high


def test_replicates_are_averaged():
    (part,) = slices(made([0, 1], [[0, 1], [0, 0], [1, 0]]), ["all", "all"])
    assert part.accuracy.value == pytest.approx((1 + 0.5 + 0) / 3)


def test_a_perfect_slice_has_an_interval_without_width():
    found = {part.value: part.accuracy for part in slices(made([0, 1, 0], [0, 1, 1]), ["good", "good", "bad"])}
    assert (found["good"].value, found["good"].low, found["good"].high) == (1, 1, 1)
    assert (found["bad"].value, found["bad"].low, found["bad"].high) == (0, 0, 0)


def test_intervals_resample_whole_clusters():
    gold = [0] * 8
    (part,) = slices(made(gold, [0] * 4 + [1] * 4, groups="aaaabbbb"), ["all"] * 8)
    assert part.clusters == 2
    assert (part.accuracy.low, part.accuracy.high) == (0, 1)


def test_slices_are_the_same_every_time():
    predictions = made([0, 1, 0, 1, 1], [0, 1, 1, 1, 0])
    assert slices(predictions, list("xxyxy")) == slices(predictions, list("xxyxy"))


def half_wrong(share_inside, share_outside, inside=20, outside=40):
    """A recipe that is right on these shares of the rows labelled x and of all others, each row its own statement."""
    wrong = [int(number >= share_inside * inside) for number in range(inside)]
    wrong += [int(number >= share_outside * outside) for number in range(outside)]
    return made([0] * (inside + outside), wrong), ["x"] * inside + ["y"] * outside


def test_a_slice_is_weak_where_it_is_clearly_below_the_rest_and_the_rest_is_not():
    bad, values = half_wrong(0.2, 0.9)
    found = {part.value: part for part in slices(bad, values)}
    assert (found["x"].weak, found["y"].weak) == (True, False)
    assert found["x"].difference.value == pytest.approx(-0.7)
    assert found["x"].difference.low < -0.7 < found["x"].difference.high < 0
    assert found["y"].difference.value == pytest.approx(0.7)


def test_a_slice_that_is_not_clearly_below_or_clearly_above_is_not_weak():
    same, values = half_wrong(0.7, 0.8)
    good, _ = half_wrong(1.0, 0.3)
    assert not any(part.weak for part in slices(same, values))
    assert {part.value for part in slices(good, values) if part.weak} == {"y"}


def test_p_is_corrected_for_all_tested_slices_of_a_recipe_and_not_for_other_recipes():
    bad, values = half_wrong(0.5, 0.85)
    other = ["a", "b", "c"] * 20
    alone = slices_of({"bad": bad}, {"one": values})
    both = slices_of({"bad": bad, "again": bad}, {"one": values, "two": other, "three": ["rare", *["usual"] * 59]})
    own = [part for part in both if part.recipe == "bad"]
    assert [part.p is None for part in own] == [False] * 5 + [True] * 2
    assert own[1].p == alone[1].p
    assert alone[1].p_holm == pytest.approx(2 * alone[1].p)
    assert own[1].p_holm == pytest.approx(5 * own[1].p)
    assert [part.p_holm for part in both if part.recipe == "again"] == [part.p_holm for part in own]


def test_p_is_that_of_the_mean_over_replicates():
    generator = np.random.default_rng(0)
    predicted = generator.integers(0, 2, (4, 30))
    predictions, values = made([0] * 30, predicted, groups=[str(n // 2) for n in range(30)]), ["x", "y", "y"] * 10
    inside = np.array(values) == "x"
    (p,) = clustered_t_test((predicted == 0).mean(axis=0)[:, None], inside, predictions.groups)
    assert {part.value: part.p for part in slices(predictions, values)}["x"] == pytest.approx(p)


def test_a_slice_of_fewer_than_five_statements_is_neither_tested_nor_weak():
    predictions = made([0] * 60, [1] * 40 + [0] * 20, groups=["s", "t", "u", "v"] * 10 + [str(n) for n in range(20)])
    (large, _) = slices(predictions, ["x"] * 40 + ["y"] * 20)
    assert (large.value, large.clusters, large.p, large.p_holm, large.difference, large.weak) == ("x", 4, None, None, None, False)


def test_recipes_must_have_the_same_rows_and_values_one_a_row():
    one, other = made([0, 1], [0, 1]), made([0, 1], [0, 1], groups=["same", "same"])
    with pytest.raises(InputError, match="b and a are not predictions of the same rows"):
        slices_of({"a": one, "b": other}, {"t": ["x", "y"]})
    with pytest.raises(InputError, match="1 values for 2 rows"):
        slices(one, ["x"])
