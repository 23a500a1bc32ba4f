"""Is one system better than another on the same rows, or could that be chance?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError, listing
from stancelab.intervals import DRAWS, ROUNDING, Interval, Value, apart, half_of, jackknife, together
from stancelab.metrics import Metric
from stancelab.predictions import Predictions, Replicate


@dataclass(frozen=True)
class Comparison:
    """Metric of a minus metric of b on the same rows and replicates.

    difference: with its paired interval over clusters (jackknife-t). p: two-sided, approximate randomisation over clusters.
    p_holm: p after Holm's correction for the family of comparisons it belongs to (the same as p for a single one).
    """

    a: str
    b: str
    metric: str
    difference: Interval
    p: float
    p_holm: float
    clusters: int
    replicates: int

    @property
    def p_text(self) -> str:
        """The corrected p to three places; "< 0.001" where they are all zero."""
        return f"{self.p_holm:.3f}" if self.p_holm >= 0.0005 else "< 0.001"

    @property
    def significant(self) -> bool:
        """Whether the corrected p is below 0.05."""
        return self.p_holm < 0.05


def compare(
    a: Predictions, b: Predictions, metric: Metric, *, names: tuple[str, str], seed: int, draws: int = DRAWS
) -> Comparison:
    """Compare two systems on the replicates that both have, paired by row, replicate and cluster. InputError as `compare_all`."""
    return compare_all([a, b], [(0, 1)], metric, names=names, seed=seed, draws=draws)[0]


def compare_all(
    systems: Sequence[Predictions],
    pairs: Sequence[tuple[int, int]],
    metric: Metric,
    *,
    names: Sequence[str],
    seed: int,
    draws: int = DRAWS,
) -> list[Comparison]:
    """Compare pairs of systems, given by their places; what is drawn for a system serves all its pairs.

    The randomisation swaps the two systems' predictions in whole clusters, all replicates of a cluster together.
    Source: Noreen 1989, Computer-intensive methods for testing hypotheses; Yeh 2000, More accurate tests for the statistical
    significance of result differences. InputError if the rows of a pair differ, or if it shares no replicate.
    """
    shared = [_shared_replicates(systems[a], systems[b], (names[a], names[b])) for a, b in pairs]
    sums = [metric.sums(system) for system in systems]
    moved = apart(half_of(together(sums), draws=draws, seed=seed + 1), sums)
    found = []
    for (a, b), keys in zip(pairs, shared, strict=True):
        sides = [(place, [systems[place].keys.index(key) for key in keys]) for place in (a, b)]
        both = np.stack([sums[place][:, own] for place, own in sides], axis=1)
        gap = _gap(metric.of_totals(systems[a].scheme), dimensions=sums[a].ndim)
        half_of_a, half_of_b = (moved[place][:, own] for place, own in sides)
        shuffled = gap(both.sum(axis=0) + np.stack([half_of_b - half_of_a, half_of_a - half_of_b], axis=1))
        difference = jackknife(both, gap)
        p = (1 + int((np.abs(shuffled) >= abs(difference.value) - ROUNDING).sum())) / (1 + draws)
        found.append(Comparison(names[a], names[b], metric.name, difference, p, p, len(both), len(keys)))
    return found


def _shared_replicates(a: Predictions, b: Predictions, names: tuple[str, str]) -> list[Replicate]:
    if (a.ids, a.groups, a.scheme) != (b.ids, b.groups, b.scheme) or not np.array_equal(a.gold, b.gold):
        raise InputError(f"{names[0]} and {names[1]} are not predictions of the same gold rows")
    shared = [key for key in a.keys if key in b.keys]
    if not shared:
        raise InputError(
            f"{names[0]} and {names[1]} share no (seed, repeat): {listing(map(str, a.keys))} / {listing(map(str, b.keys))}"
        )
    return shared


def _gap(value: Value, *, dimensions: int) -> Value:
    """Value of the first system's totals minus that of the second's: totals (..., 2, r, *s) of so many dimensions with the 2."""

    def gap(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        one, other = np.moveaxis(totals, -dimensions, 0)
        return value(one) - value(other)

    return gap


def holm(comparisons: Sequence[Comparison], *, family: int = 0) -> list[Comparison]:
    """The comparisons with p_holm corrected for all of them together; family as in `corrected`."""
    ps = corrected([entry.p for entry in comparisons], family=family)
    return [replace(entry, p_holm=float(p)) for entry, p in zip(comparisons, ps, strict=True)]


def corrected(ps: Sequence[float], *, family: int = 0) -> NDArray[np.float64]:
    """Each p after Holm's step-down correction, in the order given. Source: Holm 1979, A simple sequentially rejective test.

    family: how many there are to be where some are not made yet, which then count as p = 1. Written out here because
    statsmodels collects all garbage at each call, which takes longer than everything else that a report does.
    """
    order, found = np.argsort(ps, kind="stable"), np.empty(len(ps))
    left = max(family, len(ps)) - np.arange(len(ps))
    found[order] = np.minimum(np.maximum.accumulate(np.asarray(ps, dtype=float)[order] * left), 1)
    return found
