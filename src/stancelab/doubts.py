"""Which gold labels do out-of-fold probabilities contradict so much that somebody should look again?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Doubt:
    """A gold label that is in doubt, the most doubtful having rank 1.

    self_confidence: the probability of gold. margin: that minus the probability of the suggested label.
    """

    rank: int
    id: str
    gold: str
    suggested: str
    self_confidence: float
    margin: float
    why: str


def doubtful(gold: Codes, probabilities: Array) -> list[tuple[int, int]]:
    """Row and suggested label of each gold label that is in doubt, the lowest margin first.

    gold: label codes, shape (n,). probabilities: out-of-fold, shape (n, k). Of the rows with each gold label, as many are in
    doubt for each other label as the joint distribution of given and true labels says, those with the lowest margin, and none
    for which the other label is not likelier. Source: Northcutt, Jiang and Chuang 2021, Confident learning: estimating
    uncertainty in dataset labels, section 3.2, method 4 (prune by noise rate).

    >>> doubtful(np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.9, 0.1]]))
    [(3, 0)]
    """
    counts = label_joint(gold, probabilities)
    lowest: dict[int, tuple[float, int]] = {}
    for own, other in zip(*np.nonzero(counts), strict=True):
        rows = np.flatnonzero(gold == own)
        margin = probabilities[rows, own] - probabilities[rows, other]
        for place in np.argsort(margin, kind="stable")[: counts[own, other]]:
            row = int(rows[place])
            if margin[place] < 0:
                lowest[row] = min(lowest.get(row, (0.0, 0)), (float(margin[place]), int(other)))
    return [(row, other) for row, (_, other) in sorted(lowest.items(), key=lambda item: (item[1][0], item[0]))]


def label_joint(gold: Codes, probabilities: Array) -> Codes:
    """How many rows have each gold label down, and truly each label across, by estimate: shape (k, k), rounded.

    A row counts for the likeliest of the labels whose thresholds it reaches, for none where it reaches none; each gold label's
    counts are then scaled to the number of its rows. Source: as above, section 3.1.
    """
    width = probabilities.shape[1]
    confident = np.where(probabilities >= thresholds(gold, probabilities), probabilities, -1.0)
    counted = confident.max(axis=1) >= 0
    joint = np.zeros((width, width))
    np.add.at(joint, (gold[counted], confident[counted].argmax(axis=1)), 1)
    sums, rows = joint.sum(axis=1, keepdims=True), np.bincount(gold, minlength=width)[:, None]
    return np.asarray(np.divide(joint * rows, sums, out=np.zeros_like(joint), where=sums > 0).round(), dtype=np.int64)


def thresholds(gold: Codes, probabilities: Array) -> Array:
    """The mean probability of each label on the rows that have it, shape (k,); infinite for a label that no row has."""
    truth = np.eye(probabilities.shape[1])[gold]
    totals, counts = (truth * probabilities).sum(axis=0), truth.sum(axis=0)
    return np.asarray(np.divide(totals, counts, out=np.full_like(totals, np.inf), where=counts > 0))


def doubts(ids: Sequence[str], gold: Codes, probabilities: Array, labels: Sequence[str]) -> list[Doubt]:
    """What is doubtful, in words, the lowest margin first. labels: names by code; the rest as in `doubtful`."""
    usual, found = thresholds(gold, probabilities), []
    for rank, (row, other) in enumerate(doubtful(gold, probabilities), 1):
        own = int(gold[row])
        of_own, of_other = float(probabilities[row, own]), float(probabilities[row, other])
        why = (
            f"{labels[other]} gets {of_other:.2f} (where it is gold {usual[other]:.2f} on average), "
            f"{labels[own]} gets {of_own:.2f} (where it is gold {usual[own]:.2f})"
        )
        found.append(Doubt(rank, ids[row], labels[own], labels[other], of_own, of_own - of_other, why))
    return found
