"""What do the draws say about a number: its mean, its range, how often it is there at all?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """Many numbers over the draws, shape (m,) each. positive, negative: the share of draws above and below 0."""

    mean: Values
    low: Values
    high: Values
    positive: Values
    negative: Values


@dataclass(frozen=True)
class Estimate:
    """One number: at the given labels, its mean over the draws, and the 95 % of them in the middle."""

    value: float
    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def spread(drawn: Values) -> Spread:
    """Of numbers of shape (draws, m). The bounds are numbers that were drawn, with no more than 2.5 % of the draws beyond each.

    >>> found = spread(np.arange(1.0, 1001.0)[:, None])
    >>> float(found.low[0]), float(found.high[0])
    (25.0, 975.0)
    """
    return Spread(drawn.mean(axis=0), *_bounds(np.array(drawn.T, order="C")), (drawn > 0).mean(axis=0), (drawn < 0).mean(axis=0))


def _bounds(drawn: Values) -> tuple[Values, Values]:
    """The empirical quantiles of shape (m,) of numbers of shape (m, draws), which this may reorder."""
    tail = (1 - LEVEL) / 2
    places = [max(int(np.ceil(round(share * drawn.shape[1], 6))) - 1, 0) for share in (tail, 1 - tail)]
    drawn.partition(places, axis=1)
    return drawn[:, places[0]].copy(), drawn[:, places[1]].copy()


def estimate(given: float, drawn: Values) -> Estimate | None:
    """Of one number and its draws, shape (draws,); NaN is a draw in which it is not defined, and NaN given means None."""
    defined = drawn[~np.isnan(drawn)]
    if np.isnan(given) or not len(defined):
        return None
    found = spread(defined[:, None])
    return Estimate(float(given), float(found.mean[0]), float(found.low[0]), float(found.high[0]))
