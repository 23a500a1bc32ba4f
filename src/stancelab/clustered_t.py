"""Do some rows differ in their mean from all others, or could that be chance, where rows come in clusters?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stancelab.intervals import cluster_sums

Array = NDArray[np.float64]

FEWEST = 5
"""A side with rows of fewer clusters than this is not tested."""


def clustered_t_test(values: Array, inside: NDArray[np.bool_], clusters: Sequence[str]) -> Array | None:
    """Two-sided p of the difference in mean between the rows inside and all others, for each of m columns: shape (m,).

    values: shape (n, m), between 0 and 1 or any others. inside: shape (n,); a cluster may have rows on both sides. None where a
    side has rows of fewer than 5 clusters.

    A t test with two standard errors, of which the larger counts. The first is cluster-robust and corrected for few clusters
    (CR2): it allows the two sides to vary differently, but is none where a side happens not to vary at all. The second pools
    both sides and supposes that all rows vary alike and rows of a cluster hang together alike: what a side of a few rows that
    are all wrong is up against. Degrees of freedom: Welch's, each side counting the clusters that it has effectively (Kish).
    Source: Bell and McCaffrey 2002, Bias reduction in standard errors for linear regression with multi-stage samples; Imbens and
    Kolesár 2016, Robust standard errors in small samples; Moulton 1986, Random group effects.
    """
    from scipy.stats import t

    sides = np.stack([inside, ~inside], axis=1).astype(float)
    sums = cluster_sums(sides[:, :, None] * np.column_stack([values, np.ones(len(values))])[:, None, :], clusters)
    totals, rows = sums[..., :-1], sums[..., -1]
    if (np.count_nonzero(rows, axis=0) < FEWEST).any():
        return None
    means = totals.sum(axis=0) / rows.sum(axis=0)[:, None]
    variance = np.maximum(_robust_variance(totals - rows[..., None] * means, rows), _pooled_variance(values, rows, clusters))
    gap = np.abs(means[0] - means[1])
    size = np.divide(gap, np.sqrt(variance), out=np.zeros_like(gap), where=variance > 0)
    return np.asarray(2 * t.sf(size, _degrees_of_freedom(rows)))


def _robust_variance(residuals: Array, rows: Array) -> Array:
    """CR2 of the difference. residuals: summed over the rows of each cluster and side, (clusters, 2, m); rows: (clusters, 2)."""
    all_rows = rows.sum(axis=0)
    weight = 1 / (all_rows * np.sqrt(1 - rows / all_rows))
    parts = residuals * weight[..., None]
    return np.asarray(((parts[:, 0] - parts[:, 1]) ** 2).sum(axis=0))


def _pooled_variance(values: Array, rows: Array, clusters: Sequence[str]) -> Array:
    """Of the difference, if all rows had one variance and, within clusters, one covariance, whichever side they are on."""
    centred = values - values.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    crossed = (cluster_sums(centred, clusters) ** 2).sum(axis=0) - squares
    of_cluster = rows.sum(axis=1)
    pairs = (of_cluster * (of_cluster - 1)).sum()
    variance = squares / (len(values) - 1)
    covariance = np.clip(crossed / max(pairs, 1), 0, variance)
    of_rows = (1 / rows.sum(axis=0)).sum()
    of_clusters = ((rows / rows.sum(axis=0) * [1, -1]).sum(axis=1) ** 2).sum()
    return np.asarray((variance - covariance) * of_rows + covariance * of_clusters)


def _degrees_of_freedom(rows: Array) -> float:
    """Welch and Satterthwaite's, with the effective number of clusters of each side."""
    parts = ((rows / rows.sum(axis=0)) ** 2).sum(axis=0)
    return float(parts.sum() ** 2 / (parts**2 / (1 / parts - 1)).sum())
