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
        return _totals(_slices(_kept_counts(count, draws, seed)), sums)
    return _totals(_batches(_draw, count, draws, seed), sums)


def half_of(sums: NDArray[np.float64], *, draws: int, seed: int) -> NDArray[np.float64]:
    """Totals of `draws` random choices of clusters, each cluster in or out with odds of one half: shape as `resample`."""
    return _totals(_batches(_choose, len(sums), draws, seed), sums)


Counts = NDArray[np.uint8]
Drawing = Callable[[np.random.Generator, int, int], Counts]


def _totals(counts: Iterable[Counts], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = sums.reshape(len(sums), -1)
    totals = np.concatenate([part.astype(float) @ flat for part in counts])
    return totals.reshape(len(totals), *sums.shape[1:])


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


def percentile_interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    """The estimate between the 2.5 % and 97.5 % quantiles of its bootstrap draws, shape (draws,)."""
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(value), float(low), float(high))


def few_clusters_warning(clusters: int) -> str | None:
    """A line to print beside an interval that rests on too few clusters to be trusted, else None."""
    if clusters >= FEW_CLUSTERS:
        return None
    return f"only {clusters} clusters (fewer than {FEW_CLUSTERS}): the intervals are too narrow and the tests too eager"
