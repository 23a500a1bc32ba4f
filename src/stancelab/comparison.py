"""Is one system better than another on the same rows, or could that be chance?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError, listing
from stancelab.intervals import DRAWS, ROUNDING, Interval, bootstrap, half_of
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
    if (a.ids, a.groups, a.scheme) != (b.ids, b.groups, b.scheme) or not np.array_equal(a.gold, b.gold):
        raise InputError(f"{names[0]} and {names[1]} are not predictions of the same gold rows")
    shared = [key for key in a.keys if key in b.keys]
    if not shared:
        raise InputError(
            f"{names[0]} and {names[1]} share no (seed, repeat): {listing(map(str, a.keys))} / {listing(map(str, b.keys))}"
        )
    of_a, of_b = (metric.sums(system.only(shared)) for system in (a, b))
    both, value = np.stack([of_a, of_b], axis=1), metric.of_totals(a.scheme)

    def gap(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        one, other = np.moveaxis(totals, -of_a.ndim, 0)
        return value(one) - value(other)

    difference = bootstrap(both, draws=draws, seed=seed).interval(gap)
    moved = half_of(of_b - of_a, draws=draws, seed=seed + 1)
    shuffled = gap(both.sum(axis=0) + np.stack([moved, -moved], axis=1))
    p = (1 + int((np.abs(shuffled) >= abs(difference.value) - ROUNDING).sum())) / (1 + draws)
    return Comparison(*names, metric.name, difference, p, p, len(of_a), len(shared))


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
