"""Do the intervals and tests agree with those of scipy, statsmodels and sacrebleu, where they answer the same question?"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sacrebleu.metrics.base import Metric as TranslationMetric
from sacrebleu.metrics.base import Score as TranslationScore
from sacrebleu.significance import PairedTest
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import permutation_test
from statsmodels.stats.contingency_tables import mcnemar

from stancelab.comparison import compare
from stancelab.intervals import bootstrap, resample
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS, macro_f1
from stancelab.predictions import Predictions

SCHEME = scheme_named("favor-against-none")
LABELS = SCHEME.labels
ACCURACY, MACRO_F1 = METRICS["accuracy"], METRICS["macro_f1"]


def systems(seed, *, statements, rows_each=1, better=0.0):
    """Two systems' predictions of the same rows, right together more often than by chance; the first is better by `better`.

    Rows of a statement share how hard they are.
    """
    generator = np.random.default_rng(seed)
    statement = np.repeat(np.arange(statements), rows_each)
    hard = generator.beta(2, 2, size=statements)[statement]
    gold, wrong = generator.integers(0, 3, size=len(statement)), generator.integers(1, 3, size=(2, len(statement)))
    hits = generator.random((2, len(statement))) < np.clip(hard + np.array([[better], [0.0]]), 0, 1)
    ids, groups = tuple(f"r{row}" for row in range(len(statement))), tuple(f"s{number}" for number in statement)
    predicted = np.where(hits, gold, (gold + wrong) % 3)
    return [Predictions(SCHEME, ids, groups, gold, each[None], None, ((0, 0),)) for each in predicted]


def hits_of(predictions):
    return (predictions.predicted[0] == predictions.gold).astype(float)


def compared(a, b, metric=ACCURACY, *, draws=4000):
    return compare(a, b, metric, names=("a", "b"), seed=0, draws=draws)


@pytest.mark.parametrize("rows_each", [1, 3])
def test_the_interval_of_a_mean_over_clusters_agrees_with_scipy(rows_each):
    system, _ = systems(1, statements=60, rows_each=rows_each)
    means = pd.Series(hits_of(system)).groupby(list(system.groups), sort=False).mean()
    ours = bootstrap(ACCURACY.sums(system), draws=9999).interval(ACCURACY.of_totals(SCHEME))
    theirs = scipy_bootstrap((means.to_numpy(),), np.mean, n_resamples=9999, method="BCa", rng=np.random.default_rng(5))
    assert ours.value == pytest.approx(means.mean())
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=1.01 / 60)


def test_percentiles_of_resampled_clusters_agree_with_scipy():
    sample = np.random.default_rng(2).exponential(size=50)
    drawn = resample(sample[:, None], draws=9999, seed=0)[:, 0] / len(sample)
    theirs = scipy_bootstrap((sample,), np.mean, n_resamples=9999, method="percentile", rng=np.random.default_rng(5))
    assert tuple(np.quantile(drawn, [0.025, 0.975])) == pytest.approx(tuple(theirs.confidence_interval), abs=0.02)


def test_a_skewed_ratio_has_the_interval_of_scipy():
    generator = np.random.default_rng(3)
    pairs = np.column_stack([generator.exponential(size=40), generator.gamma(3, size=40)])

    def ratio(above, below, axis=-1):
        return above.sum(axis=axis) / below.sum(axis=axis)

    ours = bootstrap(pairs, draws=9999).interval(lambda totals: totals[..., 0] / totals[..., 1])
    options = {"paired": True, "n_resamples": 9999, "method": "BCa", "rng": np.random.default_rng(5)}
    theirs = scipy_bootstrap(tuple(pairs.T), ratio, **options).confidence_interval
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_p_of_single_rows_agrees_with_mcnemar(seed):
    a, b = systems(seed, statements=250, better=0.06)
    of_a, of_b = hits_of(a).astype(int), hits_of(b).astype(int)
    expected = mcnemar(pd.crosstab(of_a, of_b).to_numpy(), exact=True).pvalue
    assert compared(a, b).p == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_p_of_single_rows_agrees_with_the_permutation_test_of_scipy(seed):
    a, b = systems(seed, statements=80, better=0.08)
    codes = [np.column_stack([each.gold, each.predicted[0]]) for each in (a, b)]

    def gap(x, y):
        return abs(_macro_f1(x) - _macro_f1(y))

    options = {"permutation_type": "samples", "n_resamples": 999, "rng": np.random.default_rng(5), "vectorized": False}
    expected = permutation_test(tuple(10 * each[:, 0] + each[:, 1] for each in codes), gap, alternative="greater", **options)
    assert compared(a, b, MACRO_F1).p == pytest.approx(expected.pvalue, abs=0.04)


def _macro_f1(pairs):
    """Macro-F1 of rows that are written as 10 x gold + predicted."""
    gold, predicted = np.divmod(pairs.astype(int), 10)
    hits = np.bincount(gold[gold == predicted], minlength=3)
    both = np.bincount(gold, minlength=3) + np.bincount(predicted, minlength=3)
    return float(np.divide(2 * hits, both, out=np.zeros(3), where=both > 0).mean())


@pytest.mark.parametrize("seed", range(3))
def test_a_difference_agrees_with_cluster_robust_regression(seed):
    a, b = systems(seed, statements=120, rows_each=4, better=0.08)
    gap = hits_of(a) - hits_of(b)
    groups = np.unique(a.groups, return_inverse=True)[1]
    fitted = sm.OLS(gap, np.ones_like(gap)).fit(cov_type="cluster", cov_kwds={"groups": groups})
    ours = compared(a, b)
    assert ours.difference.value == pytest.approx(float(fitted.params[0]))
    assert (ours.difference.low, ours.difference.high) == pytest.approx(tuple(fitted.conf_int()[0]), abs=0.01)
    assert ours.p == pytest.approx(float(fitted.pvalues[0]), abs=0.04)


def test_a_regression_that_takes_rows_for_independent_is_another_answer():
    a, b = systems(0, statements=250, better=0.14)
    many_a, many_b = (_repeated(each, 5) for each in (a, b))
    gap = hits_of(many_a) - hits_of(many_b)
    groups = np.unique(many_a.groups, return_inverse=True)[1]
    robust = sm.OLS(gap, np.ones_like(gap)).fit(cov_type="cluster", cov_kwds={"groups": groups}).pvalues[0]
    naive = sm.OLS(gap, np.ones_like(gap)).fit().pvalues[0]
    ours = compared(many_a, many_b).p
    assert ours == pytest.approx(robust, abs=0.08)
    assert ours == compared(a, b).p
    assert abs(ours - naive) > 0.2


def _repeated(predictions, times):
    """The same rows several times over, in the statements they were in."""
    ids = tuple(f"{name}-{copy}" for copy in range(times) for name in predictions.ids)
    gold, predicted = np.tile(predictions.gold, times), np.tile(predictions.predicted, times)
    return Predictions(SCHEME, ids, predictions.groups * times, gold, predicted, None, predictions.keys)


class LabelF1(TranslationMetric):
    """Macro-F1 as sacrebleu takes a metric: a segment is a label, its statistics are hits, gold and predicted of every label."""

    def _preprocess_segment(self, sent):
        return sent

    def _extract_reference_info(self, refs):
        return {"gold": refs[0]}

    def _compute_segment_statistics(self, hypothesis, ref_kwargs):
        gold, said = (np.array([label == name for label in LABELS], dtype=float) for name in (ref_kwargs["gold"], hypothesis))
        return np.concatenate([gold * said, gold, said])

    def _compute_score_from_stats(self, stats):
        hits, gold, said = np.reshape(stats, (3, len(LABELS)))
        f1 = np.divide(2 * hits, gold + said, out=np.zeros(len(LABELS)), where=gold + said > 0)
        return TranslationScore("F1", float(f1.mean()))

    def _aggregate_and_compute(self, stats):
        return self._compute_score_from_stats(np.sum(stats, axis=0))


def sacrebleu_test(a, b, kind, draws):
    """sacrebleu's results of the two systems; its trials are seeded by 12345."""
    named = [(name, [LABELS[code] for code in each.predicted[0]]) for name, each in (("a", a), ("b", b))]
    gold = [[LABELS[code] for code in a.gold]]
    metric = {"F1": LabelF1()}
    return PairedTest(named, metric, gold, test_type=kind, n_samples=draws)()[1]["F1"]


@pytest.mark.parametrize("seed", range(3))
def test_randomisation_agrees_with_that_of_sacrebleu(seed, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", "12345")
    a, b = systems(seed, statements=150, better=0.08)
    theirs, ours = sacrebleu_test(a, b, "ar", 2000), compared(a, b, MACRO_F1)
    gold, said = ([LABELS[code] for code in codes] for codes in (a.gold, a.predicted[0]))
    assert theirs[0].score == pytest.approx(MACRO_F1(a)) == pytest.approx(macro_f1(gold, said, labels=LABELS))
    assert ours.difference.value == pytest.approx(theirs[0].score - theirs[1].score)
    assert ours.p == pytest.approx(theirs[1].p_value, abs=0.03)


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_the_paired_bootstrap_of_sacrebleu_finds_the_same(seed, monkeypatch):
    """Its p centres absolute differences, which halves it: beside its own randomisation, too."""
    monkeypatch.setenv("SACREBLEU_SEED", "12345")
    a, b = systems(seed, statements=150, better=0.12)
    theirs, ours = sacrebleu_test(a, b, "bs", 1000), compared(a, b, MACRO_F1)
    assert ours.p == pytest.approx(2 * theirs[1].p_value, abs=0.04)
    alone = bootstrap(MACRO_F1.sums(b), draws=4000).interval(MACRO_F1.of_totals(SCHEME))
    assert (alone.high - alone.low) / 2 == pytest.approx(theirs[1].ci, rel=0.1)
