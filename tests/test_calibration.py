"""Are reliability, risk and coverage what they are by hand, and by the definitions counted out row by row?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from stancelab.calibration import (
    STEPS,
    THRESHOLDS,
    abstain,
    area_under_risk,
    at_thresholds,
    calibration,
    reliability,
    risk_coverage,
)
from stancelab.errors import InputError
from stancelab.labels import LabelScheme
from stancelab.metrics import METRICS
from stancelab.predictions import Predictions

SCHEME = LabelScheme("yes-no", ("yes", "no"))


def predictions(confidence, right, groups=None):
    """Rows whose gold is "yes": predicted yes where right, with that confidence. Shapes (r, n), or (n,) for one repeat."""
    confidence, right = np.atleast_2d(np.asarray(confidence, dtype=float)), np.atleast_2d(np.asarray(right, dtype=bool))
    of_yes = np.where(right, confidence, 1 - confidence)
    names = tuple(str(number) for number in range(confidence.shape[1]))
    return Predictions(
        SCHEME,
        names,
        tuple(groups or names),
        np.zeros(len(names), dtype=np.int64),
        np.where(right, 0, 1),
        np.stack([of_yes, 1 - of_yes], axis=2),
        tuple((0, repeat) for repeat in range(len(confidence))),
    )


FOUR = predictions([0.95, 0.85, 0.75, 0.65], [1, 0, 1, 0])
ROWS = st.lists(st.tuples(st.sampled_from([0.55, 0.61, 0.75, 0.85, 0.95]), st.booleans()), min_size=1, max_size=20)


def at_threshold(predictions, least, **options):
    [found] = at_thresholds(predictions, [least], **options)
    return found


def test_risk_and_coverage_by_hand():
    assert [(point.coverage, point.risk) for point in risk_coverage(FOUR)] == [(0.25, 0), (0.5, 0.5), (0.75, 1 / 3), (1, 0.5)]
    assert area_under_risk(FOUR).value == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_thresholds_by_hand():
    found = at_threshold(FOUR, 0.75)
    assert (found.coverage.value, found.risk.value) == (0.75, 1 / 3)
    assert found.coverage.low < 0.75 < found.coverage.high
    assert found.risk.low < 1 / 3 < found.risk.high
    assert at_threshold(FOUR, 0.96).coverage.value == 0
    assert at_threshold(FOUR, 0.96).risk is None


def test_thresholds_drawn_together_are_those_drawn_apart():
    assert list(at_thresholds(FOUR, [0.1, 0.75, 0.96])) == [at_threshold(FOUR, least) for least in (0.1, 0.75, 0.96)]


def test_bins_by_hand():
    bins = reliability(predictions([[0.95, 0.85, 0.81, 0.65], [0.95, 0.95, 0.81, 0.65]], [[1, 0, 1, 0], [1, 1, 1, 0]]))
    assert [(one.low, one.high, one.rows) for one in bins] == [(0.6, 0.7, 1), (0.8, 0.9, 1.5), (0.9, 1, 1.5)]
    assert [one.accuracy for one in bins] == pytest.approx([0, 2 / 3, 1])
    assert [one.confidence for one in bins] == pytest.approx([0.65, (0.85 + 0.81 + 0.81) / 3, 0.95])


@given(ROWS)
def test_the_bins_are_those_of_ece_and_of_scikit_learn(rows):
    confidence, right = zip(*rows, strict=True)
    found = predictions(confidence, right)
    bins = reliability(found)
    gap = sum(one.rows * abs(one.accuracy - one.confidence) for one in bins) / len(rows)
    assert METRICS["ece"](found) == pytest.approx(gap)
    accuracy, mean = calibration_curve(right, confidence, n_bins=10)
    np.testing.assert_allclose([(one.accuracy, one.confidence) for one in bins], np.column_stack([accuracy, mean]))


def counted_out(confidence, right):
    """The area by its definition: each row's risk is that of all rows which are at least as sure."""
    return np.mean([1 - np.mean(np.array(right)[np.array(confidence) >= sure]) for sure in confidence])


@given(ROWS)
def test_the_area_is_the_mean_risk_of_the_curve_and_as_counted_out(rows):
    confidence, right = zip(*rows, strict=True)
    found = predictions(confidence, right)
    assert area_under_risk(found, draws=10).value == pytest.approx(counted_out(confidence, right))
    assert np.mean([point.risk for point in risk_coverage(found)]) == pytest.approx(counted_out(confidence, right))


@given(ROWS, st.randoms())
def test_neither_the_order_of_rows_nor_a_rising_change_of_confidence_matters(rows, random):
    area = area_under_risk(predictions(*zip(*rows, strict=True)), draws=10).value
    changed = [((1 + confidence**2) / 2, right) for confidence, right in rows]
    random.shuffle(changed)
    assert area_under_risk(predictions(*zip(*changed, strict=True)), draws=10).value == pytest.approx(area)


def test_a_constant_confidence_gains_nothing():
    found = predictions([0.7] * 10, [1] * 6 + [0] * 4)
    assert {point.risk for point in risk_coverage(found)} == {0.4}
    assert area_under_risk(found).value == pytest.approx(0.4)


def test_many_rows_enter_by_the_hundredth_and_the_area_is_nearly_that_of_single_rows():
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1, 2000)
    right = generator.uniform(size=2000) < confidence
    found = predictions(confidence, right)
    assert len(risk_coverage(found)) == STEPS
    assert area_under_risk(found, draws=10).value == pytest.approx(counted_out(confidence, right), abs=2e-3)


def test_the_interval_of_the_area_holds_it_and_widens_with_larger_clusters():
    generator = np.random.default_rng(1)
    confidence = generator.uniform(0.5, 1, 80)
    right = generator.uniform(size=80) < confidence
    single = area_under_risk(predictions(confidence, right))
    order = np.argsort(right, kind="stable")
    clustered = area_under_risk(predictions(confidence[order], right[order], groups=[str(n // 8) for n in range(80)]))
    assert single.value == pytest.approx(clustered.value)
    assert single.low < single.value < single.high
    assert clustered.high - clustered.low > 1.5 * (single.high - single.low)


def test_repeats_are_averaged():
    both = predictions([[0.9, 0.8], [0.8, 0.9]], [[1, 0], [1, 0]])
    assert area_under_risk(both).value == pytest.approx((0.25 + 0.75) / 2)
    assert [point.risk for point in risk_coverage(both)] == [0.5, 0.5]
    assert at_threshold(both, 0.85).coverage.value == 0.5
    assert at_threshold(both, 0.85).risk.value == 0.5


def test_everything_at_once():
    found = calibration(FOUR)
    assert tuple(threshold.least for threshold in found.thresholds) == THRESHOLDS
    assert len(found.bins) == len(found.curve) == 4


@pytest.mark.parametrize("what", [calibration, area_under_risk, risk_coverage, lambda found: at_threshold(found, 0.5)])
def test_without_probabilities_there_is_nothing_to_say(what):
    nothing = Predictions(SCHEME, ("a",), ("a",), np.array([0]), np.array([[0]]), None, ((0, 0),))
    with pytest.raises(InputError, match="a probability for every label of every row"):
        what(nothing)


def test_abstaining_keeps_what_is_sure_enough():
    probabilities = [[0.2, 0.8], [0.7, 0.3], [0.5, 0.5], [np.nan, np.nan]]
    assert abstain(["no", "yes", "yes", None], probabilities, 0.7).tolist() == ["no", "yes", None, None]
    assert abstain(["no", "yes", "yes", "yes"], probabilities, 0).tolist() == ["no", "yes", "yes", None]
    assert abstain([], np.empty((0, 2)), 0.5).tolist() == []


@pytest.mark.parametrize("below", [-0.1, 1.1, 70, float("nan")])
def test_a_threshold_is_a_probability(below):
    with pytest.raises(InputError, match="expected a probability, between 0 and 1"):
        abstain(["no"], [[0.2, 0.8]], below)


def test_a_label_needs_its_probabilities():
    with pytest.raises(InputError, match="2 labels, but 1 rows of probabilities"):
        abstain(["no", "yes"], [[0.2, 0.8]], 0.5)


@given(ROWS, st.sampled_from(THRESHOLDS))
def test_abstaining_gives_the_coverage_and_risk_of_the_threshold(rows, below):
    found = predictions(*zip(*rows, strict=True))
    given_labels = [SCHEME.labels[code] for code in found.predicted[0]]
    kept = [label for label in abstain(given_labels, found.probabilities[0], below) if label]
    stated = at_threshold(found, below, draws=50)
    assert stated.coverage.value == pytest.approx(len(kept) / len(rows))
    assert (stated.risk.value if stated.risk else None) == (pytest.approx(kept.count("no") / len(kept)) if kept else None)
