"""Which law of diminishing returns do these scores follow?

Sources: Figueroa et al. 2012, Predicting sample size required for classification performance (the inverse power law, weighted by
size); Viering and Loog 2023, The shape of learning curves: a review; Golub and Pereyra 1973 (variable projection).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EXPONENTS = np.geomspace(0.05, 2.5, 40)


@dataclass(frozen=True)
class Law:
    """The law limit - drop * times ** -exponent, of one curve or of several. times: multiples of the present size."""

    limit: Array
    drop: Array
    exponent: Array

    def at(self, times: float) -> Array:
        """The score at a multiple of the present size, shape (...)."""
        return np.asarray(self.limit - self.drop * times**-self.exponent)


def fit_law(times: Array, scores: Array, *, ceiling: float) -> Law:
    """The law with the least squares, weighted by size, leading to a ceiling at most. times: shape (k,), scores: (..., k).

    For each exponent of a grid the other two numbers have a closed form; the best exponent is taken (variable projection).

    >>> times = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
    >>> law = fit_law(times, 0.8 - 0.1 * times ** -EXPONENTS[20], ceiling=1)
    >>> round(float(law.at(2)), 6) == round(float(0.8 - 0.1 * 2 ** -EXPONENTS[20]), 6)
    True
    """
    weights, basis = times / times.sum(), times ** -EXPONENTS[:, None]
    of_basis, of_squares = basis @ weights, basis**2 @ weights
    mean, products = (scores @ weights)[..., None], scores @ (basis * weights).T
    drop = (of_basis * mean - products) / (of_squares - of_basis**2)
    limit = mean + drop * of_basis
    drop = np.where(limit > ceiling, (ceiling * of_basis - products) / of_squares, drop)
    limit = np.minimum(limit, ceiling)
    errors = limit**2 + drop**2 * of_squares - 2 * (limit * mean - drop * products + limit * drop * of_basis)
    best = errors.argmin(axis=-1)[..., None]
    limit, drop = (np.take_along_axis(each, best, axis=-1)[..., 0] for each in (limit, drop))
    return Law(limit, drop, EXPONENTS[best[..., 0]])
