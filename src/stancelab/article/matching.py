"""Which of the things found is which of the things there are, one to one?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
EDGE = " \t\r\n\u00a0\"'“”„‟«»‹›‘’‚‛`´"
"""Ignored at the edges of a span: white space and outer quote marks."""


def trimmed(content: str, span: Span) -> Span:
    """A span of the content without white space and quote marks at its edges; as it is, where nothing else is in it.

    >>> trimmed("He said: “Yes.” ", (9, 16))
    (10, 14)
    """
    inside = content[span[0] : span[1]]
    if not inside.strip(EDGE):
        return span
    start = span[0] + len(inside) - len(inside.lstrip(EDGE))
    return start, start + len(inside.strip(EDGE))


def overlaps(gold: Sequence[Span], found: Sequence[Span]) -> NDArray[np.float64]:
    """Code points in both spans over those in either, shape (gold, found)."""
    own = np.array(gold, dtype=float).reshape(-1, 1, 2)
    other = np.array(found, dtype=float).reshape(1, -1, 2)
    both = np.clip(np.minimum(own[..., 1], other[..., 1]) - np.maximum(own[..., 0], other[..., 0]), 0, None)
    either = (own[..., 1] - own[..., 0]) + (other[..., 1] - other[..., 0]) - both
    return np.asarray(np.divide(both, either, out=np.zeros_like(both), where=either > 0))


def pairs(likeness: NDArray[np.float64], *, least: float) -> list[tuple[int, int]]:
    """As many (row, column) as can be, each row and each column once, every likeness `least` or more; of these the most alike.

    likeness: from 0 to 1, shape (rows, columns). Source: a maximum weight matching (Crouse 2016, On implementing 2D rectangular
    assignment algorithms).

    >>> pairs(np.array([[0.1, 0.9], [0.0, 0.2]]), least=0.1)
    [(0, 0), (1, 1)]
    """
    from scipy.optimize import linear_sum_assignment

    enough = (likeness >= least) & (likeness > 0)
    weights = np.where(enough, 1 + likeness / (min(likeness.shape, default=0) + 1), 0.0)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if enough[row, column]]
