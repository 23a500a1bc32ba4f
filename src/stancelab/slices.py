"""On which parts of the rows is a recipe weak: one actor, one mode of statement, long statements?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stancelab.clustered_t import clustered_t_test
from stancelab.comparison import corrected
from stancelab.errors import InputError
from stancelab.intervals import DRAWS, Bootstrap, Interval, bootstrap, cluster_sums, jackknife
from stancelab.predictions import Predictions

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Slice:
    """How one recipe fares on the rows that share a value of a trait, and on all other rows.

    accuracy: mean over replicates, with its cluster-bootstrap interval, which means little on a handful of clusters. difference:
    accuracy minus that of all other rows; p: of that, two-sided (`clustered_t_test`); p_holm: corrected for all tested slices
    of the recipe. All three are None where the slice or the rest has rows of fewer than 5 clusters: such a slice is not tested.
    """

    recipe: str
    trait: str
    value: str
    rows: int
    clusters: int
    accuracy: Interval
    difference: Interval | None
    p: float | None = None
    p_holm: float | None = None

    @property
    def weak(self) -> bool:
        """Whether the accuracy is significantly below that of the other rows, at the 5 % level after correction."""
        return self.p_holm is not None and self.p_holm < 0.05 and self.difference is not None and self.difference.value < 0


def slices_of(
    recipes: Mapping[str, Predictions], traits: Mapping[str, Sequence[str]], *, draws: int = DRAWS, seed: int = 0
) -> list[Slice]:
    """Every recipe's slices by every trait, the largest of a trait first; recipes are predictions of the same rows.

    traits: for each name the value of every row, shape (n,). Accuracy, because most slices hold one or two labels only, for
    which averages over labels mean little. InputError for values that are not one a row, or recipes with different rows.
    """
    first = _of_same_rows(recipes)
    members = list(_members(traits, len(first.ids)))
    correct = np.stack([(one.predicted == one.gold).mean(axis=0) for one in recipes.values()], axis=1)
    inside = np.stack([*(rows for _, _, rows in members), np.ones(len(first.ids), dtype=bool)], axis=1)
    counted = np.column_stack([correct, np.ones(len(correct))])
    totals = bootstrap(cluster_sums(inside[:, :, None] * counted[:, None, :], first.groups), draws=draws, seed=seed)
    tests = [clustered_t_test(correct, rows, first.groups) for _, _, rows in members]
    found = []
    for number, recipe in enumerate(recipes):
        own = [
            _slice(recipe, trait, value, _part(totals, place, number), None if p is None else float(p[number]))
            for place, ((trait, value, _), p) in enumerate(zip(members, tests, strict=True))
        ]
        found += _corrected(own)
    return found


def _of_same_rows(recipes: Mapping[str, Predictions]) -> Predictions:
    first, *others = recipes.values()
    for name, other in zip(list(recipes)[1:], others, strict=True):
        if (other.ids, other.groups) != (first.ids, first.groups):
            raise InputError(f"{name} and {next(iter(recipes))} are not predictions of the same rows")
    return first


def _members(traits: Mapping[str, Sequence[str]], rows: int) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Trait, value and the mask of its rows, for each value of each trait, the one with the most rows first."""
    for trait, values in traits.items():
        if len(values) != rows:
            raise InputError(f"{len(values)} values for {rows} rows")
        names, codes, counts = np.unique(np.array(values, dtype=str), return_inverse=True, return_counts=True)
        for code in sorted(range(len(names)), key=lambda code: (-counts[code], names[code])):
            yield trait, str(names[code]), codes == code


def _part(totals: Bootstrap, place: int, recipe: int) -> Bootstrap:
    """One recipe's hits and rows, of a slice and of everything: sums of shape (clusters, 2, 2)."""
    places, columns = np.ix_([place, -1], [recipe, -1])
    return Bootstrap(totals.sums[:, places, columns], totals.drawn[:, places, columns])


def _slice(recipe: str, trait: str, value: str, part: Bootstrap, p: float | None) -> Slice:
    rows = part.sums[:, 0, 1].sum()
    clusters = int(np.count_nonzero(part.sums[:, 0, 1]))
    difference = None if p is None else jackknife(part.sums, _difference)
    return Slice(recipe, trait, value, int(rows), clusters, part.interval(_accuracy), difference, p)


def _accuracy(totals: Array) -> Array:
    """Of the slice, NaN in a draw without a row of it. totals: hits and rows of the slice, then of everything, (..., 2, 2)."""
    return _ratio(totals[..., 0, :])


def _difference(totals: Array) -> Array:
    return _ratio(totals[..., 0, :]) - _ratio(totals[..., 1, :] - totals[..., 0, :])


def _ratio(totals: Array) -> Array:
    hits, rows = totals[..., 0], totals[..., 1]
    return np.divide(hits, rows, out=np.full_like(hits, np.nan), where=rows > 0.5)


def _corrected(own: Sequence[Slice]) -> list[Slice]:
    """Holm's correction over all slices of a recipe that are tested, of whatever trait."""
    tested = [entry.p for entry in own if entry.p is not None]
    after = iter(corrected(tested))
    return [entry if entry.p is None else replace(entry, p_holm=float(next(after))) for entry in own]
