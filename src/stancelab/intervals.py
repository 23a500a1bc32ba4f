"""How uncertain is a value that was computed over clusters of rows?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
LEVEL = 0.95
FEW_CLUSTERS = 25
FEW_OF_A_LABEL = 5
COUNTS_AT_ONCE = 4_000_000
COUNTS_KEPT = 250_000_000
COLUMNS_AT_ONCE = 2_000
ROUNDING = 1e-12
"""Values closer than this are the same one, summed in another order."""


Array = NDArray[np.float64]
Value = Callable[[Array], Array]
Method = Literal["bca", "log-t", "unbiased-t"]


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


def cluster_sums(rows: Array, clusters: Sequence[str]) -> Array:
    """Sum a statistic over the rows of each cluster: shape (n, *s) to (clusters, *s)."""
    membership = cluster_numbers(clusters)
    sums = np.zeros((int(membership.max()) + 1, *rows.shape[1:]))
    np.add.at(sums, membership, rows)
    return sums


def resample(sums: Array, *, draws: int, seed: int) -> Array:
    """Totals of `draws` resamples of whole clusters with replacement: shape (clusters, *s) to (draws, *s).

    The same seed draws the same clusters whatever the statistic, so totals of two systems drawn apart stay paired.
    Source: Field and Welsh 2007, Bootstrapping clustered data (the cluster bootstrap).
    """
    count = len(sums)
    if count * draws <= COUNTS_KEPT:
        return _totals(_slices(_kept_counts(count, draws, seed)), sums, draws)
    return _totals(_batches(_draw, count, draws, seed), sums, draws)


def half_of(sums: Array, *, draws: int, seed: int) -> Array:
    """Totals of `draws` random choices of clusters, each cluster in or out with odds of one half: shape as `resample`."""
    return _totals(_batches(_choose, len(sums), draws, seed), sums, draws)


Counts = NDArray[np.uint8]
Drawing = Callable[[np.random.Generator, int, int], Counts]


def _totals(counts: Iterable[Counts], sums: Array, draws: int) -> Array:
    columns, places = _distinct(sums.reshape(len(sums), -1))
    totals, done = np.empty((draws, columns.shape[1])), 0
    for part in counts:
        np.matmul(part.astype(float), columns, out=totals[done : done + len(part)])
        done += len(part)
    whole = totals if len(places) == columns.shape[1] else totals[:, places]
    return whole.reshape(draws, *sums.shape[1:])


def _distinct(columns: Array) -> tuple[Array, list[int]]:
    """The columns that differ, and the place among them of each: gold labels are those of every system, many columns are 0."""
    number: dict[bytes, int] = {}
    places = [number.setdefault(column.tobytes(), len(number)) for column in columns.T]
    return columns[:, np.unique(places, return_index=True)[1]], places


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

    sums: Array
    drawn: Array

    def interval(self, value: Value, *, method: Method = "bca") -> Interval:
        """A value of the totals with its interval, by one of METHODS.

        value: totals of shape (..., *s) to values of shape (...). Resamples, and wholes with a cluster left out, that have no
        value (NaN) count for nothing.
        """
        whole = self.sums.sum(axis=0)
        estimate, drawn, left_out = float(value(whole)), value(self.drawn), _without_each(self.sums, value)
        low, high = METHODS[method](estimate, drawn[~np.isnan(drawn)], left_out[~np.isnan(left_out)])
        return Interval(estimate, float(low), float(high))


def jackknife(sums: Array, value: Value) -> Interval:
    """A value of the totals plus and minus t standard errors of the jackknife over clusters: for a difference of two systems.

    sums: a statistic summed over each cluster, shape (clusters, *s); value: totals (..., *s) to values (...). t has a degree of
    freedom less than there are clusters. Source: MacKinnon, Nielsen and Webb 2023, Fast and reliable jackknife and bootstrap
    methods for cluster-robust inference.
    """
    estimate, reach = float(value(sums.sum(axis=0))), _reach(_without_each(sums, value))
    return Interval(estimate, estimate - reach, estimate + reach)


def bootstrap(sums: Array, *, draws: int = DRAWS, seed: int = 0) -> Bootstrap:
    """Resample clusters `draws` times. sums: shape (clusters, *s); a seed draws the same clusters whatever the statistic."""
    return next(bootstraps([sums], draws=draws, seed=seed))


def bootstraps(sums: Iterable[Array], *, draws: int = DRAWS, seed: int = 0) -> Iterator[Bootstrap]:
    """A bootstrap of each of several statistics of the same clusters, by as few matrix products as memory allows."""
    for some in _side_by_side(sums):
        parts = apart(resample(together(some), draws=draws, seed=seed), some)
        yield from (Bootstrap(one, part) for one, part in zip(some, parts, strict=True))


def together(sums: Sequence[Array]) -> Array:
    """Several statistics of the same clusters side by side: shapes (clusters, *s) to (clusters, columns)."""
    return np.concatenate([one.reshape(len(one), -1) for one in sums], axis=1)


def apart(totals: Array, sums: Sequence[Array]) -> list[Array]:
    """What `together` laid side by side, of each statistic again: shape (draws, columns) to shapes (draws, *s)."""
    parts = np.split(totals, np.cumsum([one[0].size for one in sums])[:-1], axis=1)
    return [part.reshape(len(totals), *one.shape[1:]) for part, one in zip(parts, sums, strict=True)]


def _side_by_side(sums: Iterable[Array]) -> Iterator[list[Array]]:
    some: list[Array] = []
    for one in sums:
        if some and sum(other[0].size for other in some) + one[0].size > COLUMNS_AT_ONCE:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def bca(estimate: float, drawn: Array, left_out: Array) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap; draws equal to the estimate count half as below it.

    drawn: the value in each resample; left_out: the value without each cluster in turn. Source: Efron 1987, Better bootstrap
    confidence intervals.
    """
    from scipy.special import ndtr, ndtri

    below = (np.count_nonzero(drawn < estimate - ROUNDING) + np.count_nonzero(drawn <= estimate + ROUNDING)) / 2
    shift = ndtri(np.clip(below, 0.5, len(drawn) - 0.5) / len(drawn))
    gaps = left_out.mean() - left_out
    spread = (gaps[np.abs(gaps) > ROUNDING] ** 2).sum() ** 1.5
    acceleration = (gaps**3).sum() / (6 * spread) if spread else 0.0
    quantiles = shift + ndtri([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    levels = ndtr(shift + quantiles / np.maximum(1 - acceleration * quantiles, ROUNDING))
    low, high = np.quantile(drawn, levels)
    return low, high


def jackknife_log_t(estimate: float, drawn: Array, left_out: Array) -> tuple[float, float]:
    """The jackknife's t interval on the scale of logarithms, for a mean of losses, which are skewed and above 0."""
    if estimate <= 0:
        return estimate, estimate
    factor = float(np.exp(_reach(left_out) / estimate))
    return estimate / factor, estimate * factor


def unbiased_jackknife_t(estimate: float, drawn: Array, left_out: Array) -> tuple[float, float]:
    """The jackknife's t interval around the estimate less its bias in resamples, cut at 0: for an error that is never below."""
    middle, reach = max(0.0, 2 * estimate - float(drawn.mean())), _reach(left_out)
    return max(0.0, middle - reach), middle + reach


def _without_each(sums: Array, value: Value) -> Array:
    """The value without each cluster in turn, shape (clusters,); the value itself where there is one cluster only."""
    whole = sums.sum(axis=0)
    return value(whole - sums) if len(sums) > 1 else np.full(1, value(whole))


def _reach(left_out: Array) -> float:
    from scipy.special import stdtrit

    count = len(left_out)
    error = np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
    return float(stdtrit(count - 1, (1 + LEVEL) / 2) * error) if count > 1 else 0.0


METHODS: dict[Method, Callable[[float, Array, Array], tuple[float, float]]] = {
    "bca": bca,
    "log-t": jackknife_log_t,
    "unbiased-t": unbiased_jackknife_t,
}
"""Each covers for one kind of value: of counts of rows, a mean of losses, a calibration error."""


def few_clusters_warning(clusters: int) -> str | None:
    """A line to print beside an interval that rests on too few clusters to be trusted, else None."""
    if clusters >= FEW_CLUSTERS:
        return None
    return f"only {clusters} clusters (fewer than {FEW_CLUSTERS}): the intervals are too narrow and the tests too eager"


def support_warning(labels: Sequence[str], of_rows: Sequence[str], clusters: Sequence[str]) -> str | None:
    """A line on too few clusters, of all rows or of a label, for intervals to be trusted, else None.

    labels: those that there are; of_rows, clusters: the gold label and the cluster of each row, shape (n,).
    """
    pairs = set(zip(of_rows, clusters, strict=True))
    counts = {label: sum(other == label for other, _ in pairs) for label in labels}
    rare = [f"{label} ({count})" for label, count in counts.items() if count < FEW_OF_A_LABEL]
    of_label = f"fewer than {FEW_OF_A_LABEL} statements hold {', '.join(rare)}: means over labels may lie outside their intervals"
    found = [few_clusters_warning(len(set(clusters))), of_label if rare else None]
    return "; ".join(line for line in found if line) or None
