"""Is one system better than another on the same rows, or could that be chance?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError, listing
from stancelab.intervals import DRAWS, ROUNDING, Bootstrap, Interval, bootstrap, half_of
from stancelab.metrics import Metric
from stancelab.predictions import Predictions


@dataclass(frozen=True)
class Comparison:
    """Metric of a minus metric of b on the same rows and replicates.

    difference: with its paired cluster-bootstrap interval (BCa). p: two-sided, approximate randomisation over clusters.
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
    """Compare two systems on the replicates that both have, pairing rows, replicates and clusters.

    The randomisation swaps the two systems' predictions in whole clusters, all replicates of a cluster together.
    Source: Noreen 1989, Computer-intensive methods for testing hypotheses; Yeh 2000, More accurate tests for the statistical
    significance of result differences. InputError if the rows differ.
    """
    (found,) = compare_all([a, b], metric, names=names, seed=seed, draws=draws)
    return found


def compare_all(
    systems: Sequence[Predictions], metric: Metric, *, names: Sequence[str], seed: int, draws: int = DRAWS
) -> list[Comparison]:
    """Every system against every later one, each pair as `compare` does it; p is not corrected yet.

    Clusters are drawn once for all: totals of draws are sums, so those of a pair follow from those of its systems.
    """
    _refuse_other_rows(systems, names)
    sums = [metric.sums(system) for system in systems]
    ends = np.cumsum([system.replicates for system in systems])[:-1]
    every = np.concatenate(sums, axis=1)
    drawn = np.split(bootstrap(every, draws=draws, seed=seed).drawn, ends, axis=1)
    halves = np.split(half_of(every, draws=draws, seed=seed + 1), ends, axis=1)
    value = metric.of_totals(systems[0].scheme)

    def gap(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        one, other = np.moveaxis(totals, -sums[0].ndim, 0)
        return value(one) - value(other)

    found = []
    for i, j in combinations(range(len(systems)), 2):
        places = _shared([systems[i], systems[j]], (names[i], names[j]))
        both, resampled, moved = (_side_by_side(parts, (i, j), places) for parts in (sums, drawn, halves))
        difference = Bootstrap(both, resampled).interval(gap)
        swapped = moved[:, 1] - moved[:, 0]
        shuffled = gap(both.sum(axis=0) + np.stack([swapped, -swapped], axis=1))
        p = (1 + int((np.abs(shuffled) >= abs(difference.value) - ROUNDING).sum())) / (1 + draws)
        found.append(Comparison(names[i], names[j], metric.name, difference, p, p, len(both), len(places[0])))
    return found


def _refuse_other_rows(systems: Sequence[Predictions], names: Sequence[str]) -> None:
    a = systems[0]
    for b, name in zip(systems[1:], names[1:], strict=True):
        if (a.ids, a.groups, a.scheme) != (b.ids, b.groups, b.scheme) or not np.array_equal(a.gold, b.gold):
            raise InputError(f"{names[0]} and {name} are not predictions of the same gold rows")


def _shared(pair: Sequence[Predictions], names: tuple[str, str]) -> list[list[int]]:
    """The places, in each of two systems, of the replicates that both have, in the first one's order."""
    a, b = pair
    keys = [key for key in a.keys if key in b.keys]
    if not keys:
        raise InputError(
            f"{names[0]} and {names[1]} share no (seed, repeat): {listing(map(str, a.keys))} / {listing(map(str, b.keys))}"
        )
    return [[system.keys.index(key) for key in keys] for system in pair]


def _side_by_side(
    parts: Sequence[NDArray[np.float64]], pair: tuple[int, int], places: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """The chosen replicates of two systems, shape (k, 2, r, *s)."""
    return np.stack([parts[system][:, chosen] for system, chosen in zip(pair, places, strict=True)], axis=1)


def holm(comparisons: Sequence[Comparison], *, family: int = 0) -> list[Comparison]:
    """The comparisons with p_holm corrected for all of them together. Source: Holm 1979.

    family: how many there are to be where some are not made yet, which then count as p = 1.
    """
    from statsmodels.stats.multitest import multipletests

    if not comparisons:
        return []
    missing = [1.0] * (family - len(comparisons))
    corrected = multipletests([entry.p for entry in comparisons] + missing, method="holm")[1]
    return [replace(entry, p_holm=float(p)) for entry, p in zip(comparisons, corrected, strict=False)]
