import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from stancelab.comparison import compare
from stancelab.errors import InputError
from stancelab.intervals import Interval, half_of
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS
from stancelab.power import FACTORS, FEW_DISAGREEMENTS, Aim, Pair, Power, paired, power_of
from stancelab.predictions import Predictions

SCHEME = scheme_named("favor-against-none")
spreads, sizes = st.floats(0.1, 2), st.integers(10, 5000)


def system(seed, *, right, rows=80, groups=60, replicates=2):
    """Random predictions that are right with that chance; gold is the same for every seed."""
    generator = np.random.default_rng(seed)
    gold = np.random.default_rng(0).integers(0, 3, size=rows)
    wrong = (gold + generator.integers(1, 3, size=(replicates, rows))) % 3
    predicted = np.where(generator.random((replicates, rows)) < right, gold, wrong)
    probabilities = np.full((replicates, rows, 3), 0.1)
    np.put_along_axis(probabilities, predicted[..., None], 0.8, axis=2)
    ids = tuple(f"r{number}" for number in range(rows))
    clusters = tuple(f"g{number % groups}" for number in range(rows))
    keys = tuple((0, repeat) for repeat in range(replicates))
    return Predictions(SCHEME, ids, clusters, gold, predicted, probabilities, keys)


def of(metric="macro_f1", aim=None, seeds=(1, 2), right=(0.75, 0.7)):
    a, b = (system(seed, right=share) for seed, share in zip(seeds, right, strict=True))
    return power_of(paired(a, b, METRICS[metric]), aim or Aim(), names=("a", "b"))


def planned(*, spread=0.4, half=0.1, statements=100, aim=None, **facts):
    given = {"gap": 0.0, "standard_error": 0.0, "disagreements": 30, "replicates": 1, "reach": 1.0} | facts
    return Power("a", "b", aim or Aim(), spread=Interval(spread, spread - half, spread + half), statements=statements, **given)


@given(spreads, st.floats(0.02, 0.09), st.floats(0.01, 0.1), st.floats(0.5, 0.95))
def test_so_many_statements_have_the_power_that_they_are_said_to_have(spread, gain, alpha, power):
    aim = Aim(gain, alpha, power)
    other_side = norm.cdf(-2 * norm.ppf(1 - alpha / 2))
    assert aim.power_at(aim.statements(spread), spread) == pytest.approx(power, abs=other_side + 1e-6)


@given(spreads, sizes)
def test_the_smallest_gain_needs_the_statements_that_there_are(spread, statements):
    smallest = Aim().smallest(statements, spread)
    assert Aim(smallest).statements(spread) == pytest.approx(statements)


@given(spreads, sizes)
def test_power_grows_with_statements_and_falls_with_spread(spread, statements):
    aim = Aim()
    assert aim.alpha - 1e-9 <= aim.power_at(statements, spread) <= aim.power_at(2 * statements, spread) <= 1
    assert aim.power_at(statements, 1.5 * spread) <= aim.power_at(statements, spread)


def test_the_needed_statements_are_those_of_the_textbook_where_the_gain_is_small():
    textbook = ((norm.ppf(0.975) + norm.ppf(0.8)) * 0.4 / 0.01) ** 2
    assert Aim(0.01).statements(0.4) == pytest.approx(textbook, rel=0.001)


def test_on_a_handful_of_statements_no_gain_shows():
    assert Aim().smallest(3, 0.4) == np.inf


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ((0, 0.05, 0.8), "^gain 0: expected a number above 0"),
        ((float("nan"), 0.05, 0.8), "^gain nan: "),
        ((0.05, 0.05, 1.0), "^alpha 0.05 and power 1.0: expected 0 < alpha < power < 1"),
        ((0.05, 0.0, 0.8), "^alpha 0.0 and "),
        ((0.05, 0.8, 0.5), "^alpha 0.8 and power 0.5"),
    ],
)
def test_an_aim_that_cannot_be(given, fault):
    with pytest.raises(InputError, match=fault):
        Aim(*given)


@pytest.mark.parametrize("name", ["macro_f1", "accuracy", "mcc", "brier"])
def test_the_spread_is_the_deviation_of_the_randomisation_that_is_the_test(name):
    pair = paired(system(1, right=0.75), system(2, right=0.6), METRICS[name])
    moved = half_of(pair.sums[:, 1] - pair.sums[:, 0], draws=4000, seed=1)
    shuffled = pair.gap(pair.sums.sum(axis=0) + np.stack([moved, -moved], axis=1))
    spread = power_of(pair, Aim(), names=("a", "b")).spread.value
    assert spread / np.sqrt(len(pair.sums)) == pytest.approx(shuffled.std(), rel=0.05)


@pytest.mark.parametrize("name", [name for name in METRICS if not name.endswith("_per_target")])
def test_the_gap_is_that_of_compare_and_positive_where_the_first_is_better(name):
    a, b = (replace(each, votes=np.eye(3)[each.gold]) for each in (system(1, right=0.9), system(2, right=0.4)))
    found = power_of(paired(a, b, METRICS[name]), Aim(), names=("a", "b"))
    difference = compare(a, b, METRICS[name], names=("a", "b"), seed=0, draws=100).difference.value
    assert found.gap == pytest.approx(abs(difference))
    assert found.gap > 0


def test_accuracy_by_hand():
    gold, hits = np.zeros(6, dtype=int), np.array([[0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 1, 0]])
    names = tuple("uvwxyz")
    a, b = (Predictions(SCHEME, names, names, gold, row[None], None, ((0, 0),)) for row in hits)
    found = power_of(paired(a, b, METRICS["accuracy"]), Aim(), names=("a", "b"))
    assert paired(a, b, METRICS["accuracy"]).swings * 6 == pytest.approx([0, 0, 0, 1, 1, -1])
    assert (found.gap, found.reach, found.spread.value) == pytest.approx((1 / 6, 3 / 6, np.sqrt(3 / 6)))
    assert (found.statements, found.disagreements) == (6, 3)


def test_only_shared_replicates_are_paired():
    a, b = system(1, right=0.7, replicates=3), system(2, right=0.7, replicates=2)
    assert paired(a, b, METRICS["accuracy"]).sums.shape[2] == 2


def test_the_interval_of_the_spread_holds_that_of_the_whole():
    """Statements drawn from a large population whose spread is known: 95 % intervals of 60 each hold it in most draws."""
    whole = paired(
        system(1, right=0.75, rows=4000, groups=4000), system(2, right=0.65, rows=4000, groups=4000), METRICS["macro_f1"]
    )
    truth = power_of(whole, Aim(), names=("a", "b")).spread.value
    generator, held = np.random.default_rng(0), []
    for _ in range(40):
        few = Pair(whole.sums[generator.integers(0, 4000, size=60)], whole.gap)
        spread = power_of(few, Aim(), names=("a", "b")).spread
        held.append(spread.low <= truth <= spread.high)
    assert 0.85 <= np.mean(held) <= 1


def test_bounds_follow_from_the_bounds_of_the_spread():
    found = planned(spread=0.4, half=0.1)
    aim = found.aim
    assert (found.needed.low, found.needed.high) == pytest.approx((aim.statements(0.3), aim.statements(0.5)))
    assert found.power_at(2).low == pytest.approx(aim.power_at(200, 0.5))
    assert found.power_at(2).low < found.power_at(2).value < found.power_at(2).high
    assert found.smallest.low < found.smallest.value < found.smallest.high


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"statements": 300}, r"200 more \[0, 483\]"),
        ({"statements": 70}, r"430 more \[211, more than 630\]"),
        ({"statements": 40}, r"more than 10x \(400\): no claim"),
        ({"statements": 600}, r"none: the present ones do \[0, 183\]"),
        ({"disagreements": 9}, f"they differ on 9 statements, on fewer than {FEW_DISAGREEMENTS}: no claim"),
        ({"reach": 0.03}, r"were all that they disagree on decided for a, it would gain 0\.030: no claim"),
    ],
)
def test_what_it_takes_in_words(facts, words):
    assert re.fullmatch(words, planned(**facts).verdict)


def test_two_recipes_that_say_the_same_allow_no_claim():
    found = of(seeds=(1, 1), right=(0.7, 0.7))
    assert "they differ on 0 statements" in found.refusal
    facts = found.to_dict()
    assert (facts["powers"], facts["needed"], facts["smallest_gain"]) == (None, None, None)


def test_plain_values_hold_no_claim_beyond_the_last_factor():
    assert planned(statements=40).to_dict()["needed"] is None
    facts = planned(statements=300).to_dict()
    assert facts["needed"]["value"] == pytest.approx(500, abs=1)
    assert [entry["factor"] for entry in facts["powers"]] == list(FACTORS)
    assert planned(statements=3).to_dict()["smallest_gain"] == {"value": None, "low": None, "high": None}
