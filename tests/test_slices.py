import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancelab import slices as module
from stancelab.labels import LabelScheme
from stancelab.metrics import METRICS
from stancelab.predictions import Predictions
from stancelab.slices import slices

SCHEME = LabelScheme("two", ("favor", "against"))
NOTHING = 2

quick = settings(max_examples=40, deadline=None)
rows = st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 1), st.integers(0, NOTHING)), min_size=1, max_size=25)


def keys_of(predicted):
    return tuple((0, repeat) for repeat in range(len(np.atleast_2d(predicted))))


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(module, "DRAWS", 100)


def made(gold, predicted, groups=None):
    ids = tuple(f"r{number}" for number in range(len(gold)))
    return Predictions(SCHEME, ids, tuple(groups or ids), np.array(gold), np.atleast_2d(predicted), None, keys_of(predicted))


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
