"""On how many rows do two recipes differ, are both wrong, and would one of the two be right?"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError
from stancelab.hardest import most_frequent_labels
from stancelab.intervals import DRAWS, ROUNDING, Bootstrap, Interval, bootstrap, cluster_sums
from stancelab.predictions import Predictions

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Disagreement:
    """Two recipes, each by the label it gave a row most often over its replicates; shares of rows with intervals.

    differ: they gave two labels. both_wrong: neither is gold. either_right: at least one is gold, what a perfect choice between
    the two would score. kappa: Cohen's, of the two with each other, None where both gave one and the same label to all rows.
    """

    a: str
    b: str
    differ: Interval
    both_wrong: Interval
    either_right: Interval
    kappa: Interval | None


def disagreements(recipes: Mapping[str, Predictions], *, draws: int = DRAWS, seed: int = 0) -> list[Disagreement]:
    """Every pair of recipes, in their order, with cluster-bootstrap intervals. InputError for predictions of different rows.

    No answer counts as a label of its own, which is wrong. Source of kappa: Cohen 1960, A coefficient of agreement for nominal
    scales; of the choice between two: Kuncheva and Whitaker 2003, Measures of diversity in classifier ensembles.
    """
    names, pairs = list(recipes), list(combinations(range(len(recipes)), 2))
    if not pairs:
        return []
    first = recipes[names[0]]
    for name, other in recipes.items():
        if (other.ids, other.groups) != (first.ids, first.groups):
            raise InputError(f"{name} and {names[0]} are not predictions of the same rows")
    given = np.stack([most_frequent_labels(one) for one in recipes.values()], axis=1)
    one, other = np.array(pairs).T
    same, wrong = given[:, one] == given[:, other], given != first.gold[:, None]
    of_pairs = np.stack([np.ones_like(same), same, wrong[:, one] & wrong[:, other]], axis=2).astype(float)
    of_recipes = np.eye(len(first.scheme.labels) + 1)[given]
    flat = np.column_stack([of_pairs.reshape(len(given), -1), of_recipes.reshape(len(given), -1)])
    totals = bootstrap(cluster_sums(flat, first.groups), draws=draws, seed=seed)
    return [
        _disagreement((names[a], names[b]), _columns(totals, _places(number, a, b, of_pairs.shape[1], of_recipes.shape[2])))
        for number, (a, b) in enumerate(pairs)
    ]


def _places(number: int, a: int, b: int, pairs: int, width: int) -> list[int]:
    """Where in the totals stand a pair's rows, agreements and joint errors, then the labels of its first, then of its second."""
    labels = [3 * pairs + recipe * width + label for recipe in (a, b) for label in range(width)]
    return [3 * number, 3 * number + 1, 3 * number + 2, *labels]


def _columns(totals: Bootstrap, places: list[int]) -> Bootstrap:
    return Bootstrap(totals.sums[:, places], totals.drawn[:, places])


def _disagreement(names: tuple[str, str], totals: Bootstrap) -> Disagreement:
    both_wrong = totals.interval(lambda sums: sums[..., 2] / sums[..., 0])
    either = Interval(1 - both_wrong.value, 1 - both_wrong.high, 1 - both_wrong.low)
    differ = totals.interval(lambda sums: 1 - sums[..., 1] / sums[..., 0])
    kappa = None if np.isnan(_kappa(totals.sums.sum(axis=0))) else totals.interval(_kappa)
    return Disagreement(*names, differ, both_wrong, either, kappa)


def _kappa(sums: Array) -> Array:
    """Cohen's kappa, NaN where chance alone gives full agreement. sums: (..., 3 + 2 labels)."""
    rows, same = sums[..., 0], sums[..., 1]
    one, other = np.split(sums[..., 3:], 2, axis=-1)
    chance = (one * other).sum(axis=-1) / rows**2
    gain = same / rows - chance
    return np.asarray(np.divide(gain, 1 - chance, out=np.full_like(gain, np.nan), where=chance < 1 - ROUNDING))
