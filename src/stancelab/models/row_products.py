"""Which smaller matrix has the same products of rows, so that a linear SVM is fitted to it in less time?

The dual of an SVM sees nothing of rows but their products (Hsieh et al. 2008, A dual coordinate descent method for large-scale
linear SVM), so its fit to the smaller matrix goes the same way, step by step, but for rounding in the last digits.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FEW_ROWS = 200
"""Up to here a triangle of numbers is smaller than what rows of n-grams hold, and quickly made."""
NEARLY_DEPENDENT = 1e-5


class Triangle(NamedTuple):
    """features: the lower triangle, shape (n, n), that times itself turned gives the products of the rows of `whole`."""

    features: NDArray[np.float64]
    whole: Any

    def spread(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weights of all columns, shape (k, d), from those of the triangle's."""
        of_rows = np.linalg.solve(self.features.T, weights.T)
        return np.ascontiguousarray((self.whole.T @ of_rows).T)


class Merged(NamedTuple):
    """features: one of each set of equal columns, times the root of their number. places: for each column of the whole matrix
    where its like stands. scale: those roots, one for each column of `features`.
    """

    features: Any
    places: NDArray[np.int64]
    scale: NDArray[np.float64]

    def spread(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weights of all columns, shape (k, d), from those of the merged ones."""
        return (weights / self.scale)[:, self.places]


def smaller(features: Any) -> Triangle | Merged:
    """A matrix with the same products of rows. features: shape (n, d), a scipy.sparse CSR array without stored zeros."""
    return (triangle(features) if features.shape[0] <= FEW_ROWS else None) or merged(features)


def triangle(features: Any) -> Triangle | None:
    """The Cholesky factor of the products of rows; None where rows depend on each other, as equal ones do."""
    try:
        factor = np.linalg.cholesky((features @ features.T).toarray())
    except np.linalg.LinAlgError:
        return None
    pivots = factor.diagonal()
    return Triangle(factor, features) if pivots.min() > NEARLY_DEPENDENT * pivots.max() else None


def merged(features: Any) -> Merged:
    """One of each set of equal columns: many n-grams stand in the same texts, as all parts of a rare word do."""
    _, firsts, places, times = np.unique(_marks(features), return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(firsts)
    number = np.full(features.shape[1], -1, dtype=features.indices.dtype)
    number[firsts[order]] = np.arange(len(firsts))
    scale = np.sqrt(times[order])
    columns = number[features.indices]
    kept = columns >= 0
    starts = np.append(0, np.cumsum(kept))[features.indptr].astype(features.indptr.dtype)
    parts = (features.data[kept] * scale[columns[kept]], columns[kept], starts)
    return Merged(type(features)(parts, shape=(features.shape[0], len(firsts))), number[firsts[places]], scale)


def _marks(features: Any) -> NDArray[np.uint64]:
    """A number for each column that equal columns share; that two others do has a chance of 1 in 2**64.

    It is the sum of a column's entries, each mixed with a number drawn for its row (splitmix64; Steele et al. 2014, Fast
    splittable pseudorandom number generators).
    """
    drawn = np.random.default_rng(0).integers(1 << 64, size=features.shape[0], dtype=np.uint64)
    turned = features.tocsc()
    mixed = drawn[turned.indices] + turned.data.astype(np.float64).view(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    total = np.append(np.uint64(0), np.cumsum(mixed ^ (mixed >> np.uint64(31))))[turned.indptr]
    return np.asarray(total[1:] - total[:-1])
