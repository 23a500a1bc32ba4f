from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import t as student

from stancelab import intervals
from stancelab.intervals import (
    FEW_CLUSTERS,
    METHODS,
    Interval,
    bootstrap,
    cluster_numbers,
    cluster_sums,
    few_clusters_warning,
    jackknife,
    resample,
    support_warning,
)


@dataclass
class Drawn:
    """What scipy's bootstrap reads of an earlier result."""

    bootstrap_distribution: np.ndarray


quick = settings(max_examples=40, deadline=None)
names = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30)
seeds = st.integers(0, 10_000)


def naive_totals(sums, draws, seed):
    generator = np.random.default_rng(seed)
    count = len(sums)
    totals = []
    for _ in range(draws):
        total = np.zeros(sums.shape[1:])
        for cluster in generator.integers(0, count, size=count):
            total = total + sums[cluster]
        totals.append(total)
    return np.array(totals)


def test_clusters_are_numbered_by_first_appearance():
    assert cluster_numbers(["b", "a", "b", "c", "a"]).tolist() == [0, 1, 0, 2, 1]


def test_cluster_sums_worked_by_hand():
    rows = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    assert cluster_sums(rows, ["x", "y", "x"]).tolist() == [[5, 50], [2, 20]]


@quick
@given(names)
def test_cluster_sums_agree_with_pandas(clusters):
    rows = np.arange(2.0 * len(clusters)).reshape(-1, 2)
    expected = pd.DataFrame(rows).groupby(clusters, sort=False).sum()
    np.testing.assert_array_equal(cluster_sums(rows, clusters), expected)


@quick
@given(st.integers(1, 12), st.integers(1, 20), seeds)
def test_resample_agrees_with_a_naive_loop(clusters, draws, seed):
    sums = np.random.default_rng(seed).integers(0, 9, size=(clusters, 2, 3)).astype(float)
    np.testing.assert_array_equal(resample(sums, draws=draws, seed=seed), naive_totals(sums, draws, seed))


@quick
@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=12), seeds)
def test_columns_that_are_alike_are_drawn_alike(which, seed):
    distinct = np.random.default_rng(seed).integers(0, 9, size=(6, 3)).astype(float)
    expected = resample(distinct, draws=20, seed=1)[:, which]
    np.testing.assert_array_equal(resample(distinct[:, which], draws=20, seed=1), expected)


@pytest.mark.parametrize("kept", [1, 10, 33])
def test_resample_is_the_same_in_pieces(monkeypatch, kept):
    sums = np.arange(10.0).reshape(5, 2)
    whole = resample(sums, draws=17, seed=3)
    monkeypatch.setattr(intervals, "COUNTS_AT_ONCE", kept)
    np.testing.assert_array_equal(resample(sums, draws=17, seed=3), whole)
    monkeypatch.setattr(intervals, "COUNTS_KEPT", kept)
    np.testing.assert_array_equal(resample(sums, draws=17, seed=3), whole)


def test_resample_draws_as_many_clusters_as_there_are():
    totals = resample(np.ones((7, 1)), draws=50, seed=0)
    assert (totals == 7).all()


def test_resample_pairs_statistics_drawn_apart_by_seed():
    sums = np.arange(1.0, 9.0).reshape(8, 1)
    np.testing.assert_array_equal(resample(3 * sums, draws=40, seed=5), 3 * resample(sums, draws=40, seed=5))
    assert not np.array_equal(resample(sums, draws=40, seed=5), resample(sums, draws=40, seed=6))


def test_resample_of_one_cluster_never_varies():
    assert (resample(np.array([[2.0, 3.0]]), draws=5, seed=0) == [2.0, 3.0]).all()


def mean_of(totals):
    return totals[..., 0] / totals[..., 1]


def sums_of(sample):
    return np.stack([np.asarray(sample, dtype=float), np.ones(len(sample))], axis=1)


@quick
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_interval_is_ordered_and_within_its_draws(sample):
    drawn = bootstrap(sums_of(sample), draws=50)
    interval, means = drawn.interval(mean_of), mean_of(drawn.drawn)
    assert means.min() <= interval.low <= interval.high <= means.max()
    assert interval.value == pytest.approx(np.mean(sample), abs=1e-6)


@pytest.mark.parametrize("skew", [0.3, 1.0])
def test_interval_of_a_mean_agrees_with_scipy(skew):
    sample = np.random.default_rng(0).lognormal(sigma=skew, size=60)
    ours = bootstrap(sums_of(sample), draws=20_000, seed=1).interval(mean_of)
    theirs = scipy_bootstrap((sample,), np.mean, n_resamples=20_000, method="BCa", rng=2).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02 * (theirs.high - theirs.low) + 0.004)


def test_interval_is_scipys_on_the_same_draws():
    sample = np.random.default_rng(3).exponential(size=25)
    drawn = bootstrap(sums_of(sample), draws=999, seed=4)
    theirs = scipy_bootstrap((sample,), np.mean, method="BCa", n_resamples=0, bootstrap_result=Drawn(mean_of(drawn.drawn)))
    ours = drawn.interval(mean_of)
    assert (ours.low, ours.high) == pytest.approx((theirs.confidence_interval.low, theirs.confidence_interval.high))


def test_a_skewed_statistic_moves_the_interval_to_its_long_side():
    drawn = bootstrap(sums_of(np.random.default_rng(0).lognormal(sigma=1.2, size=40)))
    interval, percentiles = drawn.interval(mean_of), np.quantile(mean_of(drawn.drawn), [0.025, 0.975])
    assert interval.low > percentiles[0]
    assert interval.high > percentiles[1]


def test_draws_without_a_value_are_left_out():
    sums = np.array([[1.0, 1.0], [0.0, 0.0], [3.0, 1.0], [2.0, 1.0]])

    def mean(totals):
        return np.divide(totals[..., 0], totals[..., 1], out=np.full(totals.shape[:-1], np.nan), where=totals[..., 1] > 0)

    interval = bootstrap(sums, draws=500).interval(mean)
    assert interval.value == 2
    assert 1 <= interval.low <= interval.high <= 3


def test_interval_mostly_covers_the_value_it_is_of_and_the_truth():
    of_value = of_truth = 0
    for seed in range(100):
        sample = np.random.default_rng(seed).normal(size=(40, 1))
        interval = bootstrap(sums_of(sample[:, 0]), draws=300, seed=seed).interval(mean_of)
        of_value += interval.low <= interval.value <= interval.high
        of_truth += interval.low <= 0 <= interval.high
    assert of_value == 100
    assert 86 <= of_truth <= 100


def test_rows_that_repeat_their_cluster_widen_the_interval():
    hits = np.repeat(np.random.default_rng(0).integers(0, 2, size=30), 5).astype(float)[:, None]
    widths = []
    for clusters in ([str(n // 5) for n in range(150)], [str(n) for n in range(150)]):
        interval = bootstrap(cluster_sums(hits, clusters), draws=1000).interval(lambda totals: totals[..., 0] / 150)
        widths.append(interval.high - interval.low)
    assert widths[0] > 1.7 * widths[1]


def test_interval_prints_three_decimals():
    assert str(Interval(0.5, 0.25, 2 / 3)) == "0.500 [0.250, 0.667]"


@pytest.mark.parametrize("clusters", [2, 5, 40])
def test_the_jackknifes_interval_of_a_mean_is_students(clusters):
    sample = np.random.default_rng(clusters).normal(size=clusters)
    ours = jackknife(sums_of(sample), mean_of)
    theirs = student.interval(0.95, clusters - 1, loc=sample.mean(), scale=sample.std(ddof=1) / np.sqrt(clusters))
    assert (ours.low, ours.high) == pytest.approx(theirs)


def test_the_interval_on_the_log_scale_is_the_delta_methods():
    sample = np.random.default_rng(0).exponential(size=30)
    drawn = bootstrap(sums_of(sample), draws=50)
    plain, ours = jackknife(drawn.sums, mean_of), drawn.interval(mean_of, method="log-t")
    assert np.log([ours.low, ours.high]) - np.log(sample.mean()) == pytest.approx(
        (np.array([plain.low, plain.high]) - sample.mean()) / sample.mean()
    )


def test_no_loss_at_all_has_an_interval_without_width():
    interval = bootstrap(sums_of([0, 0, 0]), draws=50).interval(mean_of, method="log-t")
    assert (interval.value, interval.low, interval.high) == (0, 0, 0)


def test_an_error_that_resamples_exaggerate_is_moved_down_and_stays_above_0():
    def unevenness(totals):
        return np.abs(mean_of(totals))

    sample = np.random.default_rng(1).normal(size=50)
    drawn = bootstrap(sums_of(sample - sample.mean() + 0.05))
    interval = drawn.interval(unevenness, method="unbiased-t")
    around = jackknife(drawn.sums, unevenness)
    assert interval.low == 0
    assert 0.05 < interval.high < around.high


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sample", [[2.0], [2.0, 2.0, 2.0]])
def test_what_does_not_vary_has_an_interval_without_width(method, sample):
    interval = bootstrap(sums_of(sample), draws=50).interval(mean_of, method=method)
    assert (interval.low, interval.high) == pytest.approx((2, 2))


def test_a_label_in_few_statements_is_warned_of():
    clusters = [str(number) for number in range(FEW_CLUSTERS)]
    labels = ["favor"] * 20 + ["against"] * 5
    assert support_warning(["favor", "against"], labels, clusters) is None
    assert "fewer than 5 statements hold none (0)" in support_warning(["favor", "against", "none"], labels, clusters)
    twice_in_one = [*clusters[:-1], clusters[-2]]
    assert "fewer than 5 statements hold against (4)" in support_warning(["favor", "against"], labels, twice_in_one)
    found = support_warning(["favor", "against"], labels[2:], clusters[2:])
    assert found.startswith("only 23 clusters")
    assert "statements hold" not in found


def test_few_clusters_are_warned_of():
    assert few_clusters_warning(FEW_CLUSTERS) is None
    assert "only 24 clusters" in few_clusters_warning(FEW_CLUSTERS - 1)
