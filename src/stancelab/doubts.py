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
    """Row and suggested label of what lies off the diagonal of the confident joint, the lowest margin first.

    gold: label codes, shape (n,). probabilities: out-of-fold, shape (n, k). A row counts for the likeliest of the labels whose
    thresholds it reaches, for none where it reaches none; its label is in doubt where that is another one, and likelier.
    Source: Northcutt, Jiang and Chuang 2021, Confident learning: estimating uncertainty in dataset labels, section 3.1.

    >>> doubtful(np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.9, 0.1]]))
    [(3, 0)]
    """
    confident = np.where(probabilities >= thresholds(gold, probabilities), probabilities, -1.0)
    counted = confident.argmax(axis=1)
    rows = np.arange(len(gold))
    margin = probabilities[rows, gold] - probabilities[rows, counted]
    found = np.flatnonzero((confident.max(axis=1) >= 0) & (margin < 0))
    return [(int(row), int(counted[row])) for row in found[np.argsort(margin[found], kind="stable")]]


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
