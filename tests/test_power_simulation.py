import numpy as np
import pytest

from stancelab.comparison import compare
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS
from stancelab.power import Aim, paired, power_of
from stancelab.power_simulation import _p_values, _swaps_for, simulate
from stancelab.predictions import Predictions

SCHEME = scheme_named("favor-against-none")


def systems(right=(0.75, 0.65), rows=90, groups=70, replicates=2):
    gold = np.random.default_rng(0).choice(3, p=[0.5, 0.3, 0.2], size=rows)
    names, clusters = tuple(map(str, range(rows))), tuple(f"g{number % groups}" for number in range(rows))
    found = []
    for seed, share in enumerate(right, 1):
        generator = np.random.default_rng(seed)
        wrong = (gold + generator.integers(1, 3, size=(replicates, rows))) % 3
        predicted = np.where(generator.random((replicates, rows)) < share, gold, wrong)
        keys = tuple((0, repeat) for repeat in range(replicates))
        found.append(Predictions(SCHEME, names, clusters, gold, predicted, None, keys))
    return found


@pytest.mark.parametrize("right", [(0.75, 0.65), (0.6, 0.75)], ids=["ahead", "behind"])
@pytest.mark.parametrize(("gain", "factor"), [(0.12, 1), (0.12, 2), (0.2, 1), (0.06, 5)])
@pytest.mark.parametrize("name", ["macro_f1", "accuracy"])
def test_the_formula_says_how_often_the_test_finds_the_gain(name, right, gain, factor):
    pair, aim = paired(*systems(right), METRICS[name]), Aim(gain)
    said = power_of(pair, aim, names=("a", "b")).power_at(factor).value
    seen = simulate(pair, aim, statements=70 * factor, seed=3, simulations=400, draws=199)
    assert seen == pytest.approx(said, abs=0.08)


def test_a_gain_of_next_to_nothing_is_found_as_often_as_alpha_allows():
    pair, aim = paired(*systems(), METRICS["macro_f1"]), Aim(1e-6, alpha=0.1)
    assert simulate(pair, aim, statements=70, seed=0, simulations=600, draws=150) == pytest.approx(0.1, abs=0.035)


def test_the_test_is_that_of_compare():
    a, b = systems((0.7, 0.66))
    pair = paired(a, b, METRICS["macro_f1"])
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(6000, len(pair.sums)))
    p = _p_values(pair, pair.sums.sum(axis=(0, 1))[None] / 2, pair.halves[:, None], signs)
    expected = compare(a, b, METRICS["macro_f1"], names=("a", "b"), seed=0, draws=6000).p
    assert 0.005 < expected < 0.5
    assert p == pytest.approx([expected], abs=0.02)


@pytest.mark.parametrize("gain", [0.01, 0.1, 0.25])
def test_swapping_makes_the_gap_the_gain_and_leaves_the_disagreement(gain):
    pair = paired(*systems(), METRICS["accuracy"])
    against, share = _swaps_for(pair, gain)
    assert 0 <= share <= 1
    assert pair.gap_with(against, share) == pytest.approx(gain)
    signs = np.where(against & (np.random.default_rng(0).random(len(against)) < share), -1, 1)
    assert (pair.swings * signs) ** 2 == pytest.approx(pair.swings**2)
    assert len(set(np.sign(pair.swings[against]))) == 1


def test_the_same_seed_simulates_the_same():
    pair, aim = paired(*systems(), METRICS["accuracy"]), Aim(0.15)
    one, again, other = (simulate(pair, aim, statements=70, seed=seed, simulations=100, draws=60) for seed in (1, 1, 2))
    assert one == again != other
