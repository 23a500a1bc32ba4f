import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from stancelab.clustered_t import _robust_variance, clustered_t_test
from stancelab.intervals import cluster_sums

COLUMNS = 4_000


def alone(rows):
    return [str(number) for number in range(rows)]


def clustered(generator, sizes, share, together):
    """Right or wrong at random, the rows of a cluster alike with odds `together`: shape (rows, COLUMNS), and their clusters."""
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    own = generator.random((len(clusters), COLUMNS)) < share
    shared = (generator.random((len(sizes), COLUMNS)) < share)[clusters]
    alike = (generator.random((len(sizes), COLUMNS)) < together)[clusters]
    return np.where(alike, shared, own).astype(float), clusters


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("inside", [5, 8, 20])
def test_rows_that_do_not_differ_are_rarely_called_different(share, inside):
    values, _ = clustered(np.random.default_rng(inside), [1] * 60, share, 0)
    p = clustered_t_test(values, np.arange(60) < inside, alone(60))
    for level in (0.05, 0.01, 0.002):
        assert (p < level).mean() <= 1.3 * level + 0.0005


@pytest.mark.parametrize("choice", ["whole clusters", "rows of all clusters", "rows of some clusters"])
def test_nor_are_they_where_rows_of_a_cluster_hang_together(choice):
    generator = np.random.default_rng(1)
    values, clusters = clustered(generator, [1, 2, 3, 4] * 12, 0.6, 0.7)
    rows = {
        "whole clusters": clusters % 4 == 3,
        "rows of all clusters": generator.random(len(clusters)) < 0.3,
        "rows of some clusters": (clusters < 14) & (generator.random(len(clusters)) < 0.6),
    }[choice]
    p = clustered_t_test(values, rows, clusters.astype(str))
    assert (p < 0.05).mean() <= 0.06
    if choice == "whole clusters":
        assert (ttest_ind(values[rows], values[~rows]).pvalue < 0.05).mean() > 0.15


def test_a_permutation_test_finds_no_smaller_p_for_a_few_rows_that_are_all_wrong():
    generator = np.random.default_rng(2)
    for inside, right in ((5, 30), (8, 20), (12, 15), (20, 12)):
        values = np.concatenate([np.zeros(inside), np.ones(right), np.zeros(40 - right)])
        shuffled = generator.permuted(np.tile(values, (20_000, 1)), axis=1)[:, :inside].sum(axis=1)
        permuted = (shuffled == 0).mean()
        (p,) = clustered_t_test(values[:, None], np.arange(len(values)) < inside, alone(len(values)))
        assert p >= permuted


def test_rows_that_repeat_others_of_their_cluster_add_nothing():
    values = np.concatenate([np.zeros(8), np.ones(20), np.zeros(10)])[:, None]
    inside, clusters = np.arange(38) < 8, alone(38)
    once = clustered_t_test(values, inside, clusters)
    four_times = clustered_t_test(
        np.repeat(values, 4, axis=0), np.repeat(inside, 4), [name for name in clusters for _ in range(4)]
    )
    assert four_times == pytest.approx(once, rel=0.1)


def test_a_slice_that_is_much_worse_is_found():
    generator = np.random.default_rng(3)
    values = np.concatenate([generator.random((30, COLUMNS)) < 0.35, generator.random((90, COLUMNS)) < 0.8]).astype(float)
    assert (clustered_t_test(values, np.arange(120) < 30, alone(120)) < 0.05 / 30).mean() > 0.8


def test_of_clusters_of_one_row_the_robust_error_is_welchs():
    generator = np.random.default_rng(4)
    wide, narrow = generator.normal(0, 3, (12, 1)), generator.normal(1, 0.2, (200, 1))
    (p,) = clustered_t_test(np.concatenate([wide, narrow]), np.arange(212) < 12, alone(212))
    assert p == pytest.approx(ttest_ind(wide, narrow, equal_var=False).pvalue[0], rel=0.05)


def test_the_robust_error_is_that_of_the_matrix_formula():
    generator = np.random.default_rng(5)
    clusters = np.repeat(np.arange(9), [1, 2, 3, 4, 5, 1, 2, 3, 4])
    inside = generator.random(len(clusters)) < 0.5
    values = np.where(inside, generator.normal(0, 4, len(clusters)), generator.normal(0, 0.1, len(clusters)))
    design = np.stack([inside, ~inside], axis=1).astype(float)
    bread = np.linalg.inv(design.T @ design)
    residuals = values - design @ bread @ design.T @ values
    meat = np.zeros((2, 2))
    for cluster in range(9):
        own = design[clusters == cluster]
        values_of, vectors = np.linalg.eigh(np.eye(len(own)) - own @ bread @ own.T)
        score = own.T @ (vectors / np.sqrt(values_of)) @ vectors.T @ residuals[clusters == cluster]
        meat += np.outer(score, score)
    variance = np.array([1, -1]) @ bread @ meat @ bread @ np.array([1, -1])
    summed = cluster_sums(design * residuals[:, None], clusters.astype(str))
    rows = cluster_sums(design, clusters.astype(str))
    assert _robust_variance(summed[..., None], rows) == pytest.approx(variance)


def test_fewer_than_five_clusters_on_a_side_are_not_tested():
    values, inside = np.ones((20, 1)), np.arange(20) < 4
    assert clustered_t_test(values, inside, alone(20)) is None
    assert clustered_t_test(values, ~inside, alone(20)) is None
    assert clustered_t_test(values, np.arange(20) < 8, ["same"] * 5 + alone(15)) is None
    assert clustered_t_test(values, np.arange(20) < 5, alone(20)) == pytest.approx(1)


@given(st.integers(0, 1000))
def test_either_side_may_be_called_the_inside_and_rows_may_come_in_any_order(seed):
    generator = np.random.default_rng(seed)
    values, clusters = generator.random((30, 3)), generator.integers(0, 12, 30).astype(str)
    inside = generator.random(30) < 0.5
    p, order = clustered_t_test(values, inside, clusters), generator.permutation(30)
    if p is None:
        assert clustered_t_test(values, ~inside, clusters) is None
        return
    assert ((p >= 0) & (p <= 1)).all()
    assert clustered_t_test(values, ~inside, clusters) == pytest.approx(p)
    assert clustered_t_test(values[order], inside[order], clusters[order]) == pytest.approx(p)
