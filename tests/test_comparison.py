import itertools
import math
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from stancelab.comparison import Comparison, compare, compare_all, holm
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.intervals import Interval
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS
from stancelab.predictions import Predictions, align
from stancelab.tables import Table

SCHEME = scheme_named("favor-against-none")
ACCURACY, MACRO_F1 = METRICS["accuracy"], METRICS["macro_f1"]

quick = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 10_000)
p_values = st.lists(st.floats(0.001, 1), min_size=1, max_size=12)


def system(seed, *, rows=24, groups=8, replicates=1, gold_seed=0):
    generator = np.random.default_rng(seed)
    gold = np.random.default_rng(gold_seed).integers(0, 3, size=rows)
    probabilities = generator.dirichlet([1.0] * 3, size=(replicates, rows))
    ids = tuple(f"r{number}" for number in range(rows))
    clusters = tuple(f"g{number % groups}" for number in range(rows))
    keys = tuple((0, repeat) for repeat in range(replicates))
    targets = tuple(f"t{number % 2}" for number in range(rows))
    return Predictions(SCHEME, ids, clusters, gold, probabilities.argmax(axis=2), probabilities, keys, targets, np.eye(3)[gold])


def of_hits(hits, groups=None):
    ids = tuple(f"r{number}" for number in range(len(hits)))
    predicted = np.array([[0 if hit else 1 for hit in hits]])
    return Predictions(SCHEME, ids, tuple(groups or ids), np.zeros(len(hits), dtype=int), predicted, None, ((0, 0),))


def compared(a, b, metric=ACCURACY, *, seed=0, draws=60):
    return compare(a, b, metric, names=("a", "b"), seed=seed, draws=draws)


def with_p(p):
    return Comparison("a", "b", "accuracy", Interval(0, 0, 0), p, p, 1, 1)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_system_equals_itself(metric):
    found = compared(system(1, replicates=2), system(1, replicates=2), metric)
    assert found.difference == Interval(0, 0, 0)
    assert found.p == found.p_holm == 1


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_difference_is_the_value_of_a_minus_that_of_b(metric):
    a, b = system(1, replicates=2), system(2, replicates=2)
    assert compared(a, b, metric).difference.value == pytest.approx(metric(a) - metric(b))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_pair_is_compared_as_it_is_alone(metric):
    systems = [system(1, replicates=3), system(2, replicates=2).only([(0, 1), (0, 0)]), system(3, replicates=1)]
    found = compare_all(systems, [(0, 1), (0, 2), (1, 2)], metric, names="abc", seed=3, draws=60)
    alone = [
        compare(one, other, metric, names=names, seed=3, draws=60)
        for (one, other), names in zip(itertools.combinations(systems, 2), itertools.combinations("abc", 2), strict=True)
    ]
    assert [(pair.a, pair.b, pair.replicates) for pair in found] == [("a", "b", 2), ("a", "c", 1), ("b", "c", 1)]
    assert found == alone


@quick
@given(seeds, seeds, st.sampled_from(list(METRICS)))
def test_changing_sides_changes_the_sign_only(one, other, name):
    a, b = system(one), system(other)
    forth, back = compared(a, b, METRICS[name]), compared(b, a, METRICS[name])
    gap, mirrored = forth.difference, back.difference
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx((-gap.value, -gap.high, -gap.low))
    assert back.p == forth.p


@quick
@given(seeds, seeds, st.integers(1, 12), st.integers(1, 60))
def test_p_is_above_zero_and_at_most_one(one, other, groups, draws):
    found = compared(system(one, groups=groups), system(other, groups=groups), MACRO_F1, draws=draws)
    assert 1 / (1 + draws) <= found.p <= 1
    assert found.difference.low <= found.difference.high


@quick
@given(seeds)
def test_row_order_within_clusters_is_irrelevant(seed):
    a, b = system(seed), system(seed + 1)
    order = sorted(range(24), key=lambda number: (number % 8, -number))
    moved = [
        Predictions(
            SCHEME,
            tuple(one.ids[n] for n in order),
            tuple(one.groups[n] for n in order),
            one.gold[order],
            one.predicted[:, order],
            None,
            one.keys,
        )
        for one in (a, b)
    ]
    assert compared(*moved, MACRO_F1) == compared(a, b, MACRO_F1)


def test_p_approaches_that_of_all_swaps():
    a, b = system(3, rows=21, groups=7), system(5, rows=21, groups=7)
    observed = MACRO_F1(a) - MACRO_F1(b)
    extreme = 0
    for swaps in itertools.product([False, True], repeat=7):
        swapped = np.array([swaps[int(group[1:])] for group in a.groups])
        left, right = np.where(swapped, b.predicted, a.predicted), np.where(swapped, a.predicted, b.predicted)
        gap = MACRO_F1(replace(a, predicted=left)) - MACRO_F1(replace(b, predicted=right))
        extreme += abs(gap) >= abs(observed) - 1e-12
    assert 0.1 < extreme / 2**7 < 0.9
    assert compared(a, b, MACRO_F1, draws=5000).p == pytest.approx(extreme / 2**7, abs=0.03)


def test_p_of_accuracy_agrees_with_scipy():
    a = [1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1]
    b = [0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0]
    expected = permutation_test(
        (np.array(a), np.array(b)), lambda x, y: x.mean() - y.mean(), permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert compared(of_hits(a), of_hits(b), draws=5000).p == pytest.approx(expected, abs=0.02)


def test_one_cluster_swaps_as_a_whole():
    found = compared(of_hits([1] * 6, groups=["g"] * 6), of_hits([0] * 6, groups=["g"] * 6))
    assert found.p == 1
    assert found.clusters == 1


def test_a_clear_difference_is_significant():
    found = compared(of_hits([1] * 20), of_hits([0] * 20), draws=200)
    assert found.difference == Interval(1, 1, 1)
    assert found.p == 1 / 201
    assert found.significant


def test_interval_agrees_with_a_naive_jackknife():
    a, b = system(1), system(2)
    statements = [np.flatnonzero(np.array(a.groups) == name) for name in dict.fromkeys(a.groups)]

    def gap(numbers):
        chosen = np.concatenate([statements[number] for number in numbers])
        kept = [replace(one, gold=one.gold[chosen], predicted=one.predicted[:, chosen]) for one in (a, b)]
        return MACRO_F1(kept[0]) - MACRO_F1(kept[1])

    everything, count = range(len(statements)), len(statements)
    left_out = np.array([gap([other for other in everything if other != number]) for number in everything])
    error = math.sqrt((count - 1) * left_out.var(ddof=0))
    found = compared(a, b, MACRO_F1, seed=4, draws=50).difference
    assert (found.low, found.high) == pytest.approx(student.interval(0.95, count - 1, loc=gap(everything), scale=error))


def test_the_same_seed_gives_the_same_comparison():
    a, b = system(1), system(2)
    assert compared(a, b, seed=0) == compared(a, b, seed=0)
    assert compared(a, b, MACRO_F1, seed=0).p != compared(a, b, MACRO_F1, seed=1).p


def test_replicates_beyond_those_of_the_other_are_left_out():
    many, one = system(1, replicates=3), system(2)
    found = compared(many, one)
    assert found.replicates == 1
    assert found == compared(many.only([(0, 0)]), one)


def test_replicates_are_paired_by_seed_and_repeat():
    rows = pd.DataFrame({"id": ["x", "y"], "label": ["favor", "against"], "group": ["g", "h"], "target": "what"})
    dataset = Dataset("tiny", "", SCHEME, rows)
    right = [{"id": "x", "label": "favor", "seed": 1}, {"id": "y", "label": "against", "seed": 1}]
    wrong = [{"id": "x", "label": "none", "seed": 0}, {"id": "y", "label": "none", "seed": 0}]
    tables = [
        Table(Path("predictions"), ("id", "label", "seed"), tuple(rows), tuple(f"row {n}" for n in range(len(rows))))
        for rows in (wrong + right, right)
    ]
    both, second = (align(table, dataset) for table in tables)
    assert compared(both, second).difference.value == 0


def test_different_rows_are_refused():
    a = system(1)
    with pytest.raises(InputError, match="a and b are not predictions of the same gold rows"):
        compared(a, replace(a, ids=tuple(reversed(a.ids))))
    with pytest.raises(InputError, match="a and b are not predictions of the same gold rows"):
        compared(a, system(1, gold_seed=9))


def test_a_loss_needs_probabilities_of_both():
    a = system(1)
    with pytest.raises(InputError, match="needs a probability"):
        compared(a, replace(a, probabilities=None), METRICS["brier"])


def test_holm_worked_by_hand():
    corrected = holm([with_p(p) for p in (0.01, 0.04, 0.03)])
    assert [entry.p_holm for entry in corrected] == pytest.approx([0.03, 0.06, 0.06])
    assert [entry.significant for entry in corrected] == [True, False, False]


@quick
@given(p_values)
def test_holm_agrees_with_a_naive_loop_and_statsmodels(ps):
    corrected = [entry.p_holm for entry in holm([with_p(p) for p in ps])]
    expected, highest = [math.nan] * len(ps), 0.0
    for rank, number in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        highest = max(highest, min(1.0, ps[number] * (len(ps) - rank)))
        expected[number] = highest
    assert corrected == pytest.approx(expected)
    with patch("gc.collect"):  # which statsmodels calls each time, at half a second where much is imported
        assert corrected == pytest.approx(list(multipletests(ps, method="holm")[1]))


@quick
@given(p_values)
def test_holm_never_lowers_p_and_keeps_the_order(ps):
    corrected = holm([with_p(p) for p in ps])
    assert [entry.p for entry in corrected] == ps
    assert all(entry.p <= entry.p_holm <= 1 for entry in corrected)


def test_a_p_that_rounds_to_zero_is_said_to_be_small():
    assert [with_p(p).p_text for p in (0.5644, 0.0005, 0.00049, 1)] == ["0.564", "0.001", "< 0.001", "1.000"]


def test_comparisons_of_a_family_that_are_not_made_count_as_1():
    ps = [0.01, 0.04]
    whole = holm([with_p(p) for p in (*ps, 1.0)])
    assert [pair.p_holm for pair in holm([with_p(p) for p in ps], family=3)] == [pair.p_holm for pair in whole[:2]]
    assert holm([], family=3) == []


def test_holm_of_one_or_none_changes_nothing():
    assert holm([]) == []
    assert holm([with_p(0.2)]) == [with_p(0.2)]
