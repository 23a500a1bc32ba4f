"""How many more statements until a gain of one recipe over another would show?

The test is `compare`'s: approximate randomisation over statements. What a statement adds to the gap between two recipes is its
swing. The spread is the root mean square of the swings over all statements; the test's own standard deviation is the spread over
the root of the number of statements. Assumed: new statements are like the old ones, and the two recipes disagree as much on them
as on these, more often in favour of the better one where the gain is larger than the gap of today.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancelab.comparison import Pair
from stancelab.errors import InputError
from stancelab.intervals import ROUNDING, Interval, bootstrap

Array = NDArray[np.float64]

FACTORS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Multiples of the present number of statements at which the power is shown; of more than the last nothing is claimed."""
FEW_DISAGREEMENTS = 10
"""On fewer statements than this the test has too few values, and the spread is not known."""
SIMULATIONS, DRAWS = 400, 200
SIMULATED_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Aim:
    """The gain that is wanted, in the metric's own unit, at which level it is to show (two-sided), and with what power."""

    gain: float = 0.05
    alpha: float = 0.05
    power: float = 0.8

    def __post_init__(self) -> None:
        if not self.gain > 0:
            raise InputError(f"gain {self.gain}: expected a number above 0, like 0.05")
        if not 0 < self.alpha < self.power < 1:
            raise InputError(f"alpha {self.alpha} and power {self.power}: expected 0 < alpha < power < 1, like 0.05 and 0.8")

    def power_at(self, statements: float, spread: float) -> float:
        """The chance that the gain shows on so many statements.

        The test's deviation is spread / sqrt(n); that of the gap itself is smaller, as the gain is part of every swing.

        >>> round(Aim(0.05).power_at(500, 0.4), 2)
        0.8
        """
        from scipy.special import ndtr, ndtri

        wall = ndtri(1 - self.alpha / 2) * spread
        noise = np.sqrt(max(spread**2 - self.gain**2, ROUNDING))
        shift = self.gain * np.sqrt(statements)
        return float(ndtr((shift - wall) / noise) + ndtr((-shift - wall) / noise))

    def statements(self, spread: float) -> float:
        """How many statements it takes for the wanted power, `power_at` turned round.

        >>> round(Aim(0.05).statements(0.4))
        497
        """
        from scipy.special import ndtri

        noise = np.sqrt(max(spread**2 - self.gain**2, 0.0))
        return float(((ndtri(1 - self.alpha / 2) * spread + ndtri(self.power) * noise) / self.gain) ** 2)

    def smallest(self, statements: float, spread: float) -> float:
        """The smallest gain that shows with the wanted power on so many statements; infinite where none does.

        >>> round(Aim().smallest(497, 0.4), 3)
        0.05
        """
        from scipy.special import ndtri

        wall, beyond = ndtri(1 - self.alpha / 2) / np.sqrt(statements), ndtri(self.power) / np.sqrt(statements)
        within = 1 + beyond**2 - wall**2
        return float(spread * (wall + beyond * np.sqrt(within)) / (1 + beyond**2)) if within >= 0 else inf


@dataclass(frozen=True)
class Power:
    """What it takes for a to show a gain over b. gap: a minus b today, positive where a is better.

    spread: root mean square of the statements' swings. disagreements: statements with a swing. reach: the gap if all that the two
    disagree on spoke for a. simulated: by multiple of the statements, how often the test itself found the gain (see `simulate`).
    """

    a: str
    b: str
    aim: Aim
    gap: float
    spread: Interval
    statements: int
    disagreements: int
    replicates: int
    reach: float
    simulated: dict[float, float]

    @property
    def refusal(self) -> str:
        """Why nothing is claimed of this pair, empty where something is."""
        if self.disagreements < FEW_DISAGREEMENTS:
            return f"they differ on {self.disagreements} statements, on fewer than {FEW_DISAGREEMENTS}: no claim"
        if self.reach < self.aim.gain:
            return f"were all that they disagree on decided for {self.a}, it would gain {self.reach:.3f}: no claim"
        return ""

    @property
    def standard_error(self) -> Interval:
        """That of the gap of today at the present number of statements; it falls with the root of their number."""
        return self._of_spread(lambda spread: float(np.sqrt(max(spread**2 - self.gap**2, 0.0) / self.statements)))

    @property
    def smallest(self) -> Interval:
        """The smallest gain that would show with the wanted power on the present statements."""
        return self._of_spread(lambda spread: self.aim.smallest(self.statements, spread))

    @property
    def needed(self) -> Interval:
        """The number of statements, old and new, on which the wanted gain shows with the wanted power."""
        return self._of_spread(self.aim.statements)

    def power_at(self, factor: float) -> Interval:
        """The power for the wanted gain on a multiple of the present statements."""
        found = self._of_spread(lambda spread: self.aim.power_at(factor * self.statements, spread))
        return Interval(found.value, found.high, found.low)

    def _of_spread(self, rising: Callable[[float], float]) -> Interval:
        """A function of the spread, its interval that of the spread carried over."""
        return Interval(*(rising(spread) for spread in (self.spread.value, self.spread.low, self.spread.high)))

    @property
    def verdict(self) -> str:
        """How many more statements it takes, in words."""
        if self.refusal:
            return self.refusal
        most = int(FACTORS[-1] * self.statements)
        if self.needed.value > most:
            return f"more than {FACTORS[-1]:g} times the present {self.statements}: no claim"
        low, value, high = (max(0, ceil(end) - self.statements) for end in (self.needed.low, self.needed.value, self.needed.high))
        upper = str(high) if self.needed.high <= most else f"more than {most - self.statements}"
        return f"{value} more [{low}, {upper}]" if value else f"none: the present ones do [0, {upper}]"

    def to_dict(self) -> dict[str, Any]:
        """Plain values; no number is claimed where there is a refusal, nor of more statements than the last factor."""
        facts = {"a": self.a, "b": self.b, "gap": self.gap, "statements": self.statements, "replicates": self.replicates}
        facts |= {"disagreements": self.disagreements, "reach": self.reach, "refusal": self.refusal or None}
        facts |= {"spread": _ends(self.spread), "standard_error": _ends(self.standard_error)}
        if self.refusal:
            return facts | {"verdict": self.verdict}
        powers = [
            {"factor": factor, "power": _ends(self.power_at(factor)), "simulated": self.simulated.get(factor)}
            for factor in FACTORS
        ]
        needed = _ends(self.needed) if self.needed.value <= FACTORS[-1] * self.statements else None
        return facts | {"smallest_gain": _ends(self.smallest), "powers": powers, "needed": needed, "verdict": self.verdict}


def _ends(interval: Interval) -> dict[str, float | None]:
    values = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def power_of(pair: Pair, aim: Aim, *, names: tuple[str, str], lower: bool = False, simulated: tuple[float, ...] = ()) -> Power:
    """What the run's own statements say about the power for a gain of the first of a pair over the second.

    lower: whether less is better, so that a gain is a fall. simulated: multiples of the statements at which the test is tried out.
    The interval is that of the statements' resampling, the swings taken as known.
    """
    if lower:
        pair = turned(pair)
    of_statements, count = swings(pair), len(pair.sums)
    squares = np.stack([of_statements**2, np.ones(count)], axis=1)
    spread = bootstrap(squares).interval(lambda totals: count * np.sqrt(totals[..., 0] / totals[..., 1]))
    gap, disagreements = float(pair.gap(pair.sums.sum(axis=0))), int((np.abs(of_statements) > ROUNDING).sum())
    reach = float(pair.gap(_shifted(pair, of_statements < 0, 1.0)))
    found = Power(*names, aim, gap, spread, count, disagreements, pair.replicates, reach, {})
    if not found.refusal:
        found.simulated.update({factor: simulate(pair, aim, statements=round(factor * count), seed=0) for factor in simulated})
    return found


def turned(pair: Pair) -> Pair:
    """The pair with its gap turned round."""
    return Pair(pair.sums, lambda totals: -pair.gap(totals), pair.replicates)


def swings(pair: Pair) -> Array:
    """What each statement adds to the gap, shape (clusters,): its part as the test sees it, around what both systems have alike."""
    middle, half = _middle(pair)
    return np.asarray(pair.gap(np.stack([middle + half, middle - half], axis=1)))


def _middle(pair: Pair) -> tuple[Array, Array]:
    """Half of the totals of both systems, shape (r, *s), and half of what they differ by in each cluster, (clusters, r, *s)."""
    return pair.sums.sum(axis=(0, 1)) / 2, (pair.sums[:, 0] - pair.sums[:, 1]) / 2


def _shifted(pair: Pair, swapped: NDArray[np.bool_], share: float) -> Array:
    """The totals to expect where that share of some statements has the two systems' answers swapped."""
    chosen = pair.sums[swapped].sum(axis=0)
    return np.asarray(pair.sums.sum(axis=0) + share * (chosen[::-1] - chosen))


def simulate(pair: Pair, aim: Aim, *, statements: int, seed: int, simulations: int = SIMULATIONS, draws: int = DRAWS) -> float:
    """How often approximate randomisation finds the gain on so many statements, drawn with replacement from those there are.

    The gap is shifted to the gain by swapping the two systems' answers on a random share of the statements that speak for the
    other side, so that they disagree as much as they do. ValueError where that cannot reach the gain.
    """
    generator = np.random.default_rng(seed)
    against, share = _swaps_for(pair, aim.gain)
    halves, sides = pair.sums.sum(axis=1) / 2, (pair.sums[:, 0] - pair.sums[:, 1]) / 2
    signs = generator.choice([-1.0, 1.0], size=(draws, statements))
    step, hits = max(1, SIMULATED_AT_ONCE // (draws * sides[0].size)), 0
    for start in range(0, simulations, step):
        chosen = generator.integers(0, len(sides), size=(min(step, simulations - start), statements))
        swap = against[chosen] & (generator.random(chosen.shape) < share)
        moves = np.moveaxis(sides[chosen] * np.where(swap, -1.0, 1.0).reshape(*chosen.shape, *(1,) * (sides.ndim - 1)), 1, 0)
        centre = halves[chosen].sum(axis=1)
        hits += int((_p_values(pair, centre, moves, signs) <= aim.alpha).sum())
    return hits / simulations


def _swaps_for(pair: Pair, gain: float) -> tuple[NDArray[np.bool_], float]:
    """Which statements may be swapped, and which share of them makes the gap that is to be expected the gain."""
    from scipy.optimize import brentq

    of_statements, gap = swings(pair), float(pair.gap(pair.sums.sum(axis=0)))
    swapped = of_statements < 0 if gap < gain else of_statements > 0
    share = brentq(lambda share: float(pair.gap(_shifted(pair, swapped, share))) - gain, 0.0, 1.0)
    return swapped, float(share)


def _p_values(pair: Pair, centre: Array, moves: Array, signs: Array) -> Array:
    """p of the test on each simulated set: centre (k, r, *s), moves (statements, k, r, *s), signs (draws, statements)."""

    def gaps(shift: Array) -> Array:
        return np.abs(pair.gap(np.stack([centre + shift, centre - shift], axis=-centre.ndim)))

    observed = gaps(moves.sum(axis=0))
    shuffled = gaps(np.tensordot(signs, moves, axes=1))
    return np.asarray((1 + (shuffled >= observed - ROUNDING).sum(axis=0)) / (1 + len(signs)))
