"""How uncertain is a value that was computed over clusters of rows?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
LEVEL = 0.95
FEW_CLUSTERS = 25
COUNTS_AT_ONCE = 4_000_000
COUNTS_KEPT = 250_000_000
COLUMNS_AT_ONCE = 1_000
ROUNDING = 1e-12
"""Values closer than this are the same one, summed in another order."""


Value = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def cluster_numbers(clusters: Sequence[str]) -> NDArray[np.int64]:
    """Each row's cluster as a number from 0, in order of first appearance, shape (n,)."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(name, len(number)) for name in clusters], dtype=np.int64)


def cluster_sums(rows: NDArray[np.float64], clusters: Sequence[str]) -> NDArray[np.float64]:
    """Sum a statistic over the rows of each cluster: shape (n, *s) to (clusters, *s)."""
    membership = cluster_numbers(clusters)
    sums = np.zeros((int(membership.max()) + 1, *rows.shape[1:]))
    np.add.at(sums, membership, rows)
    return sums


def resample(sums: NDArray[np.float64], *, draws: int, seed: int) -> NDArray[np.float64]:
    """Totals of `draws` resamples of whole clusters with replacement: shape (clusters, *s) to (draws, *s).

    The same seed draws the same clusters whatever the statistic, so totals of two systems drawn apart stay paired.
    Source: Field and Welsh 2007, Bootstrapping clustered data (the cluster bootstrap).
    """
    count = len(sums)
    if count * draws <= COUNTS_KEPT:
        return _totals(_slices(_kept_counts(count, draws, seed)), sums, draws)
    return _totals(_batches(_draw, count, draws, seed), sums, draws)


def half_of(sums: NDArray[np.float64], *, draws: int, seed: int) -> NDArray[np.float64]:
    """Totals of `draws` random choices of clusters, each cluster in or out with odds of one half: shape as `resample`."""
    return _totals(_batches(_choose, len(sums), draws, seed), sums, draws)


Counts = NDArray[np.uint8]
Drawing = Callable[[np.random.Generator, int, int], Counts]


def _totals(counts: Iterable[Counts], sums: NDArray[np.float64], draws: int) -> NDArray[np.float64]:
    flat, done = sums.reshape(len(sums), -1), 0
    totals = np.empty((draws, flat.shape[1]))
    for part in counts:
        np.matmul(part.astype(float), flat, out=totals[done : done + len(part)])
        done += len(part)
    return totals.reshape(draws, *sums.shape[1:])


def _step(count: int) -> int:
    return max(1, COUNTS_AT_ONCE // count)


def _batches(drawing: Drawing, count: int, draws: int, seed: int) -> Iterator[Counts]:
    """Counts in parts of bounded size, shape (draws of the part, count)."""
    generator = np.random.default_rng(seed)
    for start in range(0, draws, _step(count)):
        yield drawing(generator, count, min(_step(count), draws - start))


def _slices(counts: Counts) -> Iterator[Counts]:
    step = _step(counts.shape[1])
    return (counts[start : start + step] for start in range(0, len(counts), step))


@lru_cache(maxsize=2)
def _kept_counts(count: int, draws: int, seed: int) -> Counts:
    """How often each cluster is drawn, shape (draws, count); kept, because every metric of a setting needs the same."""
    return np.concatenate(list(_batches(_draw, count, draws, seed)))


def _draw(generator: np.random.Generator, count: int, draws: int) -> Counts:
    chosen = generator.integers(0, count, size=(draws, count)) + count * np.arange(draws)[:, None]
    return np.bincount(chosen.ravel(), minlength=draws * count).reshape(draws, count).astype(np.uint8)


def _choose(generator: np.random.Generator, count: int, draws: int) -> Counts:
    return generator.integers(0, 2, size=(draws, count), dtype=np.uint8)


@dataclass(frozen=True)
class Bootstrap:
    """A statistic summed over each cluster (sums, shape (clusters, *s)), and totals of resamples (drawn, shape (draws, *s))."""

    sums: NDArray[np.float64]
    drawn: NDArray[np.float64]

    def interval(self, value: Value) -> Interval:
        """A value of the totals with its bias-corrected and accelerated interval (BCa); draws without a value (NaN) are left out.

        value: totals of shape (..., *s) to values of shape (...). The acceleration comes from leaving out each cluster in turn.
        Source: Efron 1987, Better bootstrap confidence intervals.
        """
        whole = self.sums.sum(axis=0)
        estimate, drawn = float(value(whole)), value(self.drawn)
        jackknife = value(whole - self.sums) if len(self.sums) > 1 else np.zeros(1)
        drawn, jackknife = drawn[~np.isnan(drawn)], jackknife[~np.isnan(jackknife)]
        low, high = np.quantile(drawn, _bca_levels(estimate, drawn, jackknife))
        return Interval(estimate, float(low), float(high))


def bootstrap(sums: NDArray[np.float64], *, draws: int = DRAWS, seed: int = 0) -> Bootstrap:
    """Resample clusters `draws` times. sums: shape (clusters, *s); a seed draws the same clusters whatever the statistic."""
    return next(bootstraps([sums], draws=draws, seed=seed))


def bootstraps(sums: Iterable[NDArray[np.float64]], *, draws: int = DRAWS, seed: int = 0) -> Iterator[Bootstrap]:
    """A bootstrap of each of several statistics of the same clusters, by as few matrix products as memory allows."""
    for some in _side_by_side(sums):
        parts = apart(resample(together(some), draws=draws, seed=seed), some)
        yield from (Bootstrap(one, part) for one, part in zip(some, parts, strict=True))


def together(sums: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Several statistics of the same clusters side by side: shapes (clusters, *s) to (clusters, columns)."""
    return np.concatenate([one.reshape(len(one), -1) for one in sums], axis=1)


def apart(totals: NDArray[np.float64], sums: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """What `together` laid side by side, of each statistic again: shape (draws, columns) to shapes (draws, *s)."""
    parts = np.split(totals, np.cumsum([one[0].size for one in sums])[:-1], axis=1)
    return [part.reshape(len(totals), *one.shape[1:]) for part, one in zip(parts, sums, strict=True)]


def _side_by_side(sums: Iterable[NDArray[np.float64]]) -> Iterator[list[NDArray[np.float64]]]:
    some: list[NDArray[np.float64]] = []
    for one in sums:
        if some and sum(other[0].size for other in some) + one[0].size > COLUMNS_AT_ONCE:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _bca_levels(estimate: float, drawn: NDArray[np.float64], jackknife: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shares of the draws to lie below the interval's bounds; draws equal to the estimate count half as below it."""
    from scipy.special import ndtr, ndtri

    below = (np.count_nonzero(drawn < estimate - ROUNDING) + np.count_nonzero(drawn <= estimate + ROUNDING)) / 2
    shift = ndtri(np.clip(below, 0.5, len(drawn) - 0.5) / len(drawn))
    gaps = jackknife.mean() - jackknife
    spread = (gaps[np.abs(gaps) > ROUNDING] ** 2).sum() ** 1.5
    acceleration = (gaps**3).sum() / (6 * spread) if spread else 0.0
    quantiles = shift + ndtri([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return np.asarray(ndtr(shift + quantiles / np.maximum(1 - acceleration * quantiles, ROUNDING)))


def few_clusters_warning(clusters: int) -> str | None:
    """A line to print beside an interval that rests on too few clusters to be trusted, else None."""
    if clusters >= FEW_CLUSTERS:
        return None
    return f"only {clusters} clusters (fewer than {FEW_CLUSTERS}): the intervals are too narrow and the tests too eager"
