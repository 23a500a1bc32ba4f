"""Does the test itself find the gain as often as the formula of `power` says?"""

import numpy as np
from numpy.typing import NDArray

from stancelab.intervals import ROUNDING
from stancelab.power import Aim, Pair

Array = NDArray[np.float64]

SIMULATIONS, DRAWS = 400, 199
NUMBERS_AT_ONCE = 4_000_000


def simulate(pair: Pair, aim: Aim, *, statements: int, seed: int, simulations: int = SIMULATIONS, draws: int = DRAWS) -> float:
    """How often approximate randomisation finds the gain on so many statements, drawn with replacement from those there are.

    The gap is shifted to the gain by swapping the two systems' answers on a random share of the statements that speak against it,
    so that they disagree as much as they do. The simulated sets share the test's random signs. ValueError beyond `Power.reach`.
    """
    generator = np.random.default_rng(seed)
    against, share = _swaps_for(pair, aim.gain)
    middles, halves = pair.sums.sum(axis=1) / 2, pair.halves
    signs = generator.choice([-1.0, 1.0], size=(draws, statements))
    step, found = max(1, NUMBERS_AT_ONCE // (draws * halves[0].size)), 0
    for start in range(0, simulations, step):
        chosen = generator.integers(0, len(halves), size=(statements, min(step, simulations - start)))
        turn = np.where(against[chosen] & (generator.random(chosen.shape) < share), -1.0, 1.0)
        moves = halves[chosen] * turn.reshape(*chosen.shape, *(1,) * (halves.ndim - 1))
        found += int((_p_values(pair, middles[chosen].sum(axis=0), moves, signs) <= aim.alpha).sum())
    return found / simulations


def _swaps_for(pair: Pair, gain: float) -> tuple[NDArray[np.bool_], float]:
    """Which statements may be swapped, and which share of them makes the gap that is to be expected the gain."""
    from scipy.optimize import brentq

    nobody = np.zeros(len(pair.sums), dtype=bool)
    against = pair.swings < 0 if pair.gap_with(nobody, 0.0) < gain else pair.swings > 0
    return against, float(brentq(lambda share: pair.gap_with(against, share) - gain, 0.0, 1.0))


def _p_values(pair: Pair, middle: Array, moves: Array, signs: Array) -> Array:
    """p of the test on each of k sets: middle (k, r, *s), moves (statements, k, r, *s), signs (draws, statements)."""

    def gaps(shift: Array) -> Array:
        return np.abs(pair.gap(np.stack([middle + shift, middle - shift], axis=-middle.ndim)))

    observed, shuffled = gaps(moves.sum(axis=0)), gaps(np.tensordot(signs, moves, axes=1))
    return np.asarray((1 + (shuffled >= observed - ROUNDING).sum(axis=0)) / (1 + len(signs)))
