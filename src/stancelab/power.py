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

from stancelab.errors import InputError
from stancelab.intervals import ROUNDING, Interval, Value, bootstrap
from stancelab.metrics import Metric
from stancelab.predictions import Predictions

Array = NDArray[np.float64]

FACTORS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Multiples of the present number of statements at which the power is shown; of more than the last nothing is claimed."""
FEW_DISAGREEMENTS = 10
"""On fewer statements than this the test has too few values, and the spread is not known."""


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
        500
        """
        from scipy.special import ndtri

        noise = np.sqrt(max(spread**2 - self.gain**2, 0.0))
        return float(((ndtri(1 - self.alpha / 2) * spread + ndtri(self.power) * noise) / self.gain) ** 2)

    def smallest(self, statements: float, spread: float) -> float:
        """The smallest gain that shows with the wanted power on so many statements; infinite where none does.

        >>> round(Aim().smallest(500, 0.4), 3)
        0.05
        """
        from scipy.special import ndtri

        wall, beyond = ndtri(1 - self.alpha / 2) / np.sqrt(statements), ndtri(self.power) / np.sqrt(statements)
        within = 1 + beyond**2 - wall**2
        return float(spread * (wall + beyond * np.sqrt(within)) / (1 + beyond**2)) if within >= 0 else inf


@dataclass(frozen=True)
class Pair:
    """Two systems side by side: a metric's sums, shape (clusters, 2, r, *s), and what the first is ahead by, from totals."""

    sums: Array
    gap: Value

    @property
    def swings(self) -> Array:
        """What each statement adds to the gap, shape (clusters,), around what both systems have alike, as the test sees it."""
        middle, half = self.sums.sum(axis=(0, 1)) / 2, self.halves
        return np.asarray(self.gap(np.stack([middle + half, middle - half], axis=1)))

    @property
    def halves(self) -> Array:
        """Half of what the two systems differ by in each cluster, shape (clusters, r, *s)."""
        return np.asarray((self.sums[:, 0] - self.sums[:, 1]) / 2)

    def gap_with(self, swapped: NDArray[np.bool_], share: float) -> float:
        """The gap to expect where on that share of some statements the two systems' answers are swapped."""
        chosen = self.sums[swapped].sum(axis=0)
        return float(self.gap(self.sums.sum(axis=0) + share * (chosen[::-1] - chosen)))


def paired(a: Predictions, b: Predictions, metric: Metric) -> Pair:
    """Two systems' predictions of the same rows, on the replicates that both have; ahead is who is better by the metric."""
    shared = [key for key in a.keys if key in b.keys]
    sums = np.stack([metric.sums(system.only(shared)) for system in (a, b)], axis=1)
    value, sign = metric.of_totals(a.scheme), -1 if metric.better == "lower" else 1

    def gap(totals: Array) -> Array:
        one, other = np.moveaxis(totals, 1 - sums.ndim, 0)
        return np.asarray(sign * (value(one) - value(other)))

    return Pair(sums, gap)


@dataclass(frozen=True)
class Power:
    """What it takes for a to show a gain over b. gap: what a is ahead by today; standard_error: the gap's, by the bootstrap.

    spread: root mean square of the statements' swings. disagreements: statements with a swing. reach: the gap if all that the two
    disagree on spoke for a. simulated: how often the test itself found the gain on the present number of statements.
    """

    a: str
    b: str
    aim: Aim
    gap: float
    standard_error: float
    spread: Interval
    statements: int
    disagreements: int
    replicates: int
    reach: float
    simulated: float | None = None

    @property
    def refusal(self) -> str:
        """Why nothing is claimed of this pair, empty where something is."""
        if self.disagreements < FEW_DISAGREEMENTS:
            return f"they differ on {self.disagreements} statements, on fewer than {FEW_DISAGREEMENTS}: no claim"
        if self.reach < self.aim.gain:
            return f"were all that they disagree on decided for {self.a}, it would gain {self.reach:.3f}: no claim"
        return ""

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
            return f"more than {FACTORS[-1]:g}x ({most}): no claim"
        low, value, high = (max(0, ceil(end) - self.statements) for end in (self.needed.low, self.needed.value, self.needed.high))
        upper = str(high) if self.needed.high <= most else f"more than {most - self.statements}"
        return f"{value} more [{low}, {upper}]" if value else f"none: the present ones do [0, {upper}]"

    def to_dict(self) -> dict[str, Any]:
        """Plain values; None where nothing is claimed: of such a pair, of more statements than the last of FACTORS."""
        names = ("a", "b", "gap", "standard_error", "statements", "disagreements", "replicates", "reach", "simulated", "verdict")
        facts: dict[str, Any] = {name: getattr(self, name) for name in names}
        facts |= {"refusal": self.refusal or None, "spread": _ends(self.spread)}
        if self.refusal:
            return facts | {"smallest_gain": None, "powers": None, "needed": None}
        powers = [{"factor": factor, **_ends(self.power_at(factor))} for factor in FACTORS]
        needed = _ends(self.needed) if self.needed.value <= FACTORS[-1] * self.statements else None
        return facts | {"smallest_gain": _ends(self.smallest), "powers": powers, "needed": needed}


def _ends(interval: Interval) -> dict[str, float | None]:
    ends = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {name: end if np.isfinite(end) else None for name, end in ends.items()}


def power_of(pair: Pair, aim: Aim, *, names: tuple[str, str]) -> Power:
    """What the run's own statements say about the power for a gain of the first of a pair over the second.

    The spread's interval is that of resampling the statements, each swing taken as known: with 50 statements of the article it
    held the spread of the whole in 89 to 95 % of draws.
    """
    swings, count = pair.swings, len(pair.sums)
    squares = np.stack([swings**2, np.ones(count)], axis=1)
    spread = bootstrap(squares).interval(lambda totals: count * np.sqrt(totals[..., 0] / totals[..., 1]))
    drawn = bootstrap(pair.sums)
    return Power(
        *names,
        aim,
        gap=float(pair.gap(drawn.sums.sum(axis=0))),
        standard_error=float(pair.gap(drawn.drawn).std()),
        spread=spread,
        statements=count,
        disagreements=int((np.abs(swings) > ROUNDING).sum()),
        replicates=pair.sums.shape[2],
        reach=pair.gap_with(swings < 0, 1.0),
    )
